SELECT to_char(month, 'YYYY-MM'), count FROM
  (SELECT date_trunc('month', time) AS month, count(*) AS count FROM events WHERE code = 'loinc|8480-6' GROUP BY 1) AS months
