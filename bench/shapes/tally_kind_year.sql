SELECT kind, year(time), count(*) FROM events GROUP BY ALL
