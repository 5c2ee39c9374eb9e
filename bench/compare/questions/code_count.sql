SELECT count(DISTINCT patient) FROM events WHERE code = 'icd10|E11.9'
