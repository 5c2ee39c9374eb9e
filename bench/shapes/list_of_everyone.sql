WITH pressures AS (SELECT patient, arg_max(value, time) AS sbp FROM events WHERE kind = 'observation' AND code = 'loinc|8480-6' GROUP BY 1),
  visits AS (SELECT patient, count(*) AS visits FROM events WHERE kind = 'encounter' AND time >= TIMESTAMP '2024-01-01' AND time < TIMESTAMP '2025-01-01' GROUP BY 1)
SELECT patient, sex, date_part('year', age(DATE '2024-12-31', birth)), sbp, coalesce(visits, 0)
FROM patients LEFT JOIN pressures USING (patient) LEFT JOIN visits USING (patient)
WHERE birth <= DATE '2024-12-31' AND (death IS NULL OR death >= DATE '2024-12-31')
