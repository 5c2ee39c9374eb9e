SELECT count(DISTINCT patient) FROM events WHERE code IN (SELECT code FROM thousand)
