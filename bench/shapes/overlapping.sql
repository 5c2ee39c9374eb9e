SELECT count(DISTINCT patient) FROM events
WHERE kind = 'medication' AND code = 'atc|C10AA05' AND time::DATE <= DATE '2023-12-31' AND "end" >= TIMESTAMP '2023-01-01'
