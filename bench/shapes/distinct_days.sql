SELECT count(*) FROM (SELECT patient FROM events WHERE kind = 'encounter' GROUP BY 1 HAVING count(DISTINCT time::DATE) >= 20)
