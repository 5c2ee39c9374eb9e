SELECT count(DISTINCT patient) FROM events WHERE value > 350
