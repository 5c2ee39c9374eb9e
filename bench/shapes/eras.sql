-- a length is the days touched: both the first and the last of them
WITH courses AS (SELECT patient, time::DATE AS first, "end"::DATE AS last FROM events WHERE kind = 'medication' AND code = 'atc|C10AA05'),
  before AS (SELECT *, max(last) OVER (PARTITION BY patient ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until FROM courses),
  numbered AS (SELECT *, sum((until IS NULL OR first > until + 30)::INT) OVER (PARTITION BY patient ORDER BY first, last ROWS UNBOUNDED PRECEDING) AS era FROM before)
SELECT count(DISTINCT patient) FROM (SELECT patient FROM numbered GROUP BY patient, era HAVING max(last) - min(first) + 1 > 365)
