SELECT count(DISTINCT patient) FROM events
WHERE kind = 'registration' AND time::DATE <= DATE '2020-01-01' AND coalesce("end", time) >= TIMESTAMP '2020-01-01'
