SELECT time::DATE, count(*) FROM events WHERE kind = 'observation' AND code = 'loinc|8480-6' GROUP BY 1
