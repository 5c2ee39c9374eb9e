SELECT count(DISTINCT patient) FROM events WHERE kind = 'observation' AND code = 'loinc|14647-2' AND unit = 'mmol/L' AND value * 38.66976 > 250
