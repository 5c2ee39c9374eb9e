SELECT code, count(*) FROM (SELECT DISTINCT code, patient FROM events) AS pairs GROUP BY code
