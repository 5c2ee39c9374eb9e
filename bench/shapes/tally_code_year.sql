SELECT code, year(time), count(*) FROM events WHERE kind = 'condition' GROUP BY ALL
