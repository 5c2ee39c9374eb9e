SELECT strftime('%Y', time, 'unixepoch'), count(*) FROM events WHERE value > 100 GROUP BY 1
