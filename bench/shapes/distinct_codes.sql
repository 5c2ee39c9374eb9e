SELECT count(*) FROM (SELECT patient FROM events WHERE kind = 'medication' GROUP BY 1 HAVING count(DISTINCT code) >= 8)
