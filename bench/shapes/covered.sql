SELECT count(*) FROM (
  SELECT patient FROM (
    SELECT DISTINCT patient, unnest(generate_series(greatest(time::DATE, DATE '2023-01-01'), least("end"::DATE, DATE '2023-12-31'), INTERVAL 1 DAY)) AS day
    FROM events WHERE kind = 'medication' AND code = 'atc|C10AA05' AND time::DATE <= DATE '2023-12-31' AND "end" >= TIMESTAMP '2023-01-01')
  GROUP BY 1 HAVING count(*) / 365 > 0.8)
