WITH years AS (SELECT unnest(generate_series(DATE '2000-01-01', DATE '2024-01-01', INTERVAL 1 YEAR))::DATE AS first),
  stays AS (SELECT patient, time::DATE AS since, coalesce("end", time) AS until FROM events WHERE kind = 'registration'),
  dx AS (SELECT patient, min(latest) AS day FROM events WHERE kind = 'condition' AND code = 'icd10|I10' GROUP BY 1)
SELECT first, (first + INTERVAL 1 YEAR)::DATE - 1, count(DISTINCT patient) FILTER (day <= first) AS n, count(DISTINCT patient) AS of, n / of
FROM years JOIN stays ON since <= first AND until >= first LEFT JOIN dx USING (patient) GROUP BY first
