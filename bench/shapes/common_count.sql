SELECT count(*) FROM (SELECT patient FROM events WHERE kind = 'encounter' AND code = 'local|consultation' GROUP BY 1 HAVING count(*) >= 10)
