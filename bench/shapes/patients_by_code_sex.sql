SELECT code, sex, count(DISTINCT patient) FROM events JOIN patients USING (patient) WHERE kind = 'condition' GROUP BY ALL
