-- fifteen months before 31 December begin on 1 October in the language, on 30 September in SQL; windows of dates have both of their ends
SELECT count(*) FROM patients WHERE birth <= DATE '2024-12-31' AND (death IS NULL OR death >= DATE '2024-12-31')
  AND patient IN (SELECT patient FROM events WHERE kind = 'condition' AND code = 'icd10|E11.9')
  AND patient NOT IN (SELECT patient FROM events WHERE kind = 'observation' AND code = 'loinc|59261-8' AND time::DATE BETWEEN DATE '2023-10-01' AND DATE '2024-12-31')
