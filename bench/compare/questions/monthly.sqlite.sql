SELECT strftime('%Y-%m', time, 'unixepoch'), count(*) FROM events WHERE code = (SELECT id FROM codes WHERE name = 'loinc|8480-6') GROUP BY 1
