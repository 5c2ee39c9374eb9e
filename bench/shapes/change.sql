SELECT count(DISTINCT patient)
FROM (SELECT patient, value - lag(value) OVER (PARTITION BY patient ORDER BY time) AS change FROM events WHERE kind = 'observation' AND code = 'loinc|62238-1') WHERE change <= -10
