SELECT count(*) FROM (SELECT patient FROM events
WHERE kind = 'medication' AND latest <= DATE '2024-06-01' AND "end" >= TIMESTAMP '2024-06-01' GROUP BY 1 HAVING count(*) >= 3)
