-- three months before 31 May begin on 1 March in the language, on 28 February in SQL
WITH visits AS (SELECT patient, time, time::DATE AS day FROM events WHERE kind = 'encounter' AND code = 'local|consultation'),
  windows AS (SELECT DISTINCT patient, time, CASE WHEN day(day) = day(day - INTERVAL 3 MONTH) THEN day - INTERVAL 3 MONTH ELSE last_day(day - INTERVAL 3 MONTH) + 1 END::DATE AS since FROM visits)
SELECT count(DISTINCT patient) FROM (
  SELECT patient FROM windows JOIN visits USING (patient) WHERE visits.day >= since AND visits.time <= windows.time GROUP BY patient, windows.time HAVING count(*) >= 4)
