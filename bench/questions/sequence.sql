WITH a AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'snomed|100166299'),
     b AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'loinc|10814-2' AND value > 160),
     c AS (SELECT patient, time::DATE AS day FROM events WHERE code = 'rxnorm|214099')
SELECT count(DISTINCT a.patient)
FROM a JOIN b ON a.patient = b.patient AND b.day BETWEEN a.day AND a.day + 365
       JOIN c ON b.patient = c.patient AND c.day BETWEEN b.day AND b.day + 365
