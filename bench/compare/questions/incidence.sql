SELECT date_part('year', first), count(*) FROM (SELECT patient, min(time) AS first FROM events WHERE code = 'icd10|E11.9' GROUP BY patient) AS firsts GROUP BY 1
