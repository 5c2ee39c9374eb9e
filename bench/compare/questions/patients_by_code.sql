SELECT code, count(DISTINCT patient) FROM events GROUP BY code
