SELECT count(*) FROM patients WHERE birth <= DATE '2024-12-31' AND (death IS NULL OR death >= DATE '2024-12-31')
  AND patient IN (SELECT patient FROM events WHERE kind = 'condition' AND code = 'icd10|E11.9')
  AND patient NOT IN (SELECT patient FROM events WHERE kind = 'observation' AND code = 'loinc|59261-8' AND time::DATE >= DATE '2024-12-31' - INTERVAL 15 MONTH AND time::DATE < DATE '2024-12-31')
