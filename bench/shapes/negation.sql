SELECT count(*) FROM patients WHERE patient NOT IN
  (SELECT patient FROM events WHERE kind = 'condition' AND code IN ('icd10|I10', 'icd10|E11.9', 'icd10|J45.9'))
