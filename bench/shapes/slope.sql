SELECT count(*) FROM (SELECT patient FROM events WHERE kind = 'observation' AND code = 'loinc|62238-1' GROUP BY 1 HAVING regr_slope(value, epoch(time) / 86400) < 0)
