WITH latest AS (
  SELECT patient, arg_max(value, time) AS value FROM events
  WHERE code = 'loinc|59261-8' AND time >= TIMESTAMP '2023-01-01' AND time < TIMESTAMP '2024-01-01' GROUP BY patient)
SELECT sex, (age // 10 * 10) || '-' || (age // 10 * 10 + 9) AS band, count(*)
FROM (SELECT sex, date_part('year', age(DATE '2023-12-31', birth))::INTEGER AS age FROM latest JOIN patients USING (patient) WHERE value > 58)
GROUP BY ALL
