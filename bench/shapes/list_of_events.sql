SELECT patient, time::DATE, value FROM events
WHERE kind = 'observation' AND code = 'loinc|59261-8' AND patient IN (SELECT patient FROM events WHERE kind = 'condition' AND code = 'icd10|E11.9')
