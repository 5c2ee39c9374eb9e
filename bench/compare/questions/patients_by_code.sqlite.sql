SELECT name, patients FROM (SELECT code, count(*) AS patients FROM (SELECT DISTINCT code, patient FROM events) GROUP BY code) JOIN codes ON codes.id = code
