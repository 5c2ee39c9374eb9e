SELECT sex, (age // 10 * 10) || '-' || (age // 10 * 10 + 9), year, count(*)
FROM (SELECT sex, date_part('year', age(time::DATE, birth))::INT AS age, year(time) AS year FROM events JOIN patients USING (patient) WHERE kind = 'observation' AND code = 'loinc|8480-6') GROUP BY ALL
