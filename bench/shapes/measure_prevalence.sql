-- what is known to the year was surely before a day if its last day was
WITH years AS (SELECT unnest(generate_series(DATE '1995-01-01', DATE '2024-01-01', INTERVAL 1 YEAR))::DATE AS first),
  dx AS (SELECT patient, min(latest) AS day FROM events WHERE kind = 'condition' AND code = 'icd10|I10' GROUP BY 1)
SELECT first, (first + INTERVAL 1 YEAR)::DATE - 1, sex, count(*) FILTER (day < first) AS n, count(*) AS of, n / of
FROM years JOIN patients ON birth <= first AND (death IS NULL OR death >= first) LEFT JOIN dx USING (patient) GROUP BY ALL
