SELECT date_part('year', time), count(DISTINCT patient) FROM events JOIN patients USING (patient)
WHERE code = 'loinc|8480-6' AND value > 150 AND time >= TIMESTAMP '2015-01-01' AND time < TIMESTAMP '2020-01-01' AND sex = 'female'
  AND date_part('year', age(time::DATE, birth)) BETWEEN 40 AND 59
GROUP BY 1
