SELECT count(DISTINCT patient) FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|S09.5')
