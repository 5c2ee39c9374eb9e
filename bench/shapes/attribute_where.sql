SELECT count(DISTINCT patient) FROM events WHERE kind = 'medication' AND days_supply = 182
