SELECT count(*) FROM (SELECT patient FROM events WHERE kind = 'observation' AND code = 'loinc|8480-6' GROUP BY 1 HAVING sum(value) > 3000)
