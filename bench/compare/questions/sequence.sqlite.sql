SELECT count(DISTINCT a.patient) FROM events AS a
JOIN events AS b ON b.code = (SELECT id FROM codes WHERE name = 'loinc|8480-6') AND b.patient = a.patient AND b.value > 150
  AND b.time >= a.time / 86400 * 86400 AND b.time < (a.time / 86400 + 366) * 86400
JOIN events AS c ON c.code = (SELECT id FROM codes WHERE name = 'atc|C08CA01') AND c.patient = b.patient
  AND c.time >= b.time / 86400 * 86400 AND c.time < (b.time / 86400 + 366) * 86400
WHERE a.code = (SELECT id FROM codes WHERE name = 'icd10|I10')
