WITH months AS (SELECT unnest(generate_series(DATE '2015-01-01', DATE '2024-12-01', INTERVAL 1 MONTH))::DATE AS first),
  measured AS (SELECT DISTINCT patient, date_trunc('month', time)::DATE AS first FROM events WHERE kind = 'observation' AND code = 'loinc|8480-6')
SELECT first, (first + INTERVAL 1 MONTH)::DATE - 1, count(measured.patient), count(*), count(measured.patient) / count(*)
FROM months JOIN patients p ON birth <= first AND (death IS NULL OR death >= first) LEFT JOIN measured USING (patient, first) GROUP BY 1
