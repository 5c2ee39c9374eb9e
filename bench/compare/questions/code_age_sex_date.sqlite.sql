SELECT strftime('%Y', time, 'unixepoch'), count(DISTINCT patient) FROM events JOIN patients USING (patient)
WHERE code = (SELECT id FROM codes WHERE name = 'loinc|8480-6') AND value > 150
  AND time >= strftime('%s', '2015-01-01') + 0 AND time < strftime('%s', '2020-01-01') + 0 AND sex = 'female'
  AND (strftime('%Y%m%d', time, 'unixepoch') - birth) / 10000 BETWEEN 40 AND 59
GROUP BY 1
