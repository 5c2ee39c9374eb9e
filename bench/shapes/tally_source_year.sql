SELECT source, year(time), count(*) FROM events WHERE kind = 'encounter' AND code = 'local|consultation' GROUP BY ALL
