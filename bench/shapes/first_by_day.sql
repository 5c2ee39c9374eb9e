SELECT first, count(*) FROM (SELECT min(time)::DATE AS first FROM events WHERE kind = 'observation' GROUP BY patient) GROUP BY 1
