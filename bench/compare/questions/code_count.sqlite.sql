SELECT count(DISTINCT patient) FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|E11.9')
