WITH a AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'icd10|I10'),
     b AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'loinc|8480-6' AND value > 150),
     c AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'atc|C08CA01')
SELECT count(DISTINCT a.patient)
FROM a JOIN b ON a.patient = b.patient AND b.day BETWEEN a.day AND a.day + 365
       JOIN c ON b.patient = c.patient AND c.day BETWEEN b.day AND b.day + 365
