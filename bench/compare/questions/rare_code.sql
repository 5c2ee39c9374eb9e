SELECT count(DISTINCT patient) FROM events WHERE code = 'icd10|S09.5'
