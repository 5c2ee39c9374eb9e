SELECT count(DISTINCT patient) FROM events WHERE kind = 'condition' AND author = 'clinician'
