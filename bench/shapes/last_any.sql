SELECT year(last), count(*) FROM (SELECT max(time) AS last FROM events GROUP BY patient) GROUP BY 1
