SELECT count(DISTINCT patient) FROM events WHERE kind = 'encounter' AND source = 'practice-001|gp'
