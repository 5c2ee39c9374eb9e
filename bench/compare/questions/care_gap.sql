WITH dx AS (SELECT patient, min(time)::DATE AS day FROM events WHERE code = 'icd10|E11.9' GROUP BY patient),
     test AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'loinc|59261-8')
SELECT count(*) FROM dx
WHERE NOT EXISTS (SELECT 1 FROM test WHERE test.patient = dx.patient AND test.day BETWEEN dx.day AND dx.day + 365)
