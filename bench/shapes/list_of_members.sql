SELECT DISTINCT patient FROM events WHERE kind = 'condition' AND code = 'icd10|E11.9'
