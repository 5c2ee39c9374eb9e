SELECT date_part('year', time), count(*) FROM events WHERE value > 100 GROUP BY 1
