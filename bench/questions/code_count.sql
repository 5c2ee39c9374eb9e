SELECT count(DISTINCT patient) FROM events WHERE code = 'icd10|H71.2'
