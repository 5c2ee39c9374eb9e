SELECT (band * 10) || '-' || (band * 10 + 9), count(*)
FROM (SELECT floor(median(value) / 10)::INT AS band FROM events WHERE kind = 'observation' AND code = 'loinc|8480-6' GROUP BY patient) GROUP BY 1
