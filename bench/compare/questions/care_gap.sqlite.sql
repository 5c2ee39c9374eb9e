WITH dx AS MATERIALIZED (SELECT patient, min(time) / 86400 AS day FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|E11.9') GROUP BY patient)
SELECT count(*) FROM dx
WHERE NOT EXISTS (SELECT 1 FROM events WHERE code = (SELECT id FROM codes WHERE name = 'loinc|59261-8') AND events.patient = dx.patient
                  AND time >= dx.day * 86400 AND time < (dx.day + 366) * 86400)
