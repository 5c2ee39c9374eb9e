SELECT strftime('%Y', first, 'unixepoch'), count(*)
FROM (SELECT patient, min(time) AS first FROM events WHERE code = (SELECT id FROM codes WHERE name = 'icd10|E11.9') GROUP BY patient) GROUP BY 1
