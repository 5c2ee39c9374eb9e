SELECT source, count(*) FROM events WHERE kind = 'observation' GROUP BY 1
