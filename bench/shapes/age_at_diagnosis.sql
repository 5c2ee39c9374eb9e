-- of a diagnosis known to the year no age is known, but the band of ages may be
WITH dx AS (SELECT patient, min(time)::DATE AS first, arg_min(latest, time) AS latest FROM events WHERE kind = 'condition' AND code = 'icd10|I10' GROUP BY 1)
SELECT CASE WHEN band = last_band THEN (band * 10) || '-' || (band * 10 + 9) END, sex, count(*)
FROM (SELECT sex, date_part('year', age(first, birth))::INT // 10 AS band, date_part('year', age(latest, birth))::INT // 10 AS last_band FROM dx JOIN patients USING (patient))
GROUP BY ALL
