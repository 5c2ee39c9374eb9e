SELECT count(DISTINCT patient) FROM events WHERE kind = 'observation' AND code = 'loinc|718-7' AND status = 'final'
