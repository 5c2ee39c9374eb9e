SELECT count(DISTINCT patient) FROM events WHERE kind = 'condition' AND code::VARCHAR LIKE 'icd10|S%'
