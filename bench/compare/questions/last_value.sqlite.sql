WITH latest AS (
  SELECT patient, value, max(time) FROM events
  WHERE code = (SELECT id FROM codes WHERE name = 'loinc|59261-8') AND time >= strftime('%s', '2023-01-01') + 0 AND time < strftime('%s', '2024-01-01') + 0
  GROUP BY patient)
SELECT sex, (age / 10 * 10) || '-' || (age / 10 * 10 + 9) AS band, count(*)
FROM (SELECT sex, (20231231 - birth) / 10000 AS age FROM latest JOIN patients USING (patient) WHERE value > 58)
GROUP BY 1, 2
