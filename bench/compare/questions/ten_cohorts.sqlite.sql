WITH dm AS MATERIALIZED (SELECT DISTINCT patient FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|E11.9')),
     bp AS MATERIALIZED (SELECT DISTINCT patient FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|I10')),
     a1c AS MATERIALIZED (SELECT patient, value, max(time) FROM events WHERE code = (SELECT id FROM codes WHERE name = 'loinc|59261-8') GROUP BY patient),
     sys AS MATERIALIZED (SELECT patient, value, max(time) FROM events WHERE code = (SELECT id FROM codes WHERE name = 'loinc|8480-6') GROUP BY patient),
     metformin AS MATERIALIZED (SELECT DISTINCT patient FROM events WHERE code = (SELECT id FROM codes WHERE name = 'atc|A10BA02')),
     amlodipine AS MATERIALIZED (SELECT DISTINCT patient FROM events WHERE code = (SELECT id FROM codes WHERE name = 'atc|C08CA01')),
     statin AS MATERIALIZED (SELECT DISTINCT patient FROM events WHERE code = (SELECT id FROM codes WHERE name = 'atc|C10AA05'))
SELECT 1, count(*) FROM dm
UNION ALL SELECT 2, count(*) FROM bp
UNION ALL SELECT 3, count(*) FROM dm JOIN bp USING (patient)
UNION ALL SELECT 4, count(*) FROM dm JOIN a1c USING (patient) WHERE value > 58
UNION ALL SELECT 5, count(*) FROM dm WHERE NOT EXISTS (SELECT 1 FROM a1c WHERE a1c.patient = dm.patient)
UNION ALL SELECT 6, count(*) FROM dm JOIN metformin USING (patient)
UNION ALL SELECT 7, count(*) FROM bp JOIN sys USING (patient) WHERE value > 150
UNION ALL SELECT 8, count(*) FROM bp WHERE NOT EXISTS (SELECT 1 FROM sys WHERE sys.patient = bp.patient)
UNION ALL SELECT 9, count(*) FROM bp JOIN amlodipine USING (patient)
UNION ALL SELECT 10, count(*) FROM dm JOIN bp USING (patient) JOIN statin USING (patient)
