-- a date known to the year is a date of its own
SELECT CASE WHEN time::DATE = latest THEN latest::VARCHAR ELSE year(time)::VARCHAR END, count(*) FROM events GROUP BY 1
