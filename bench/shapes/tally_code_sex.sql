SELECT code, sex, count(*) FROM events JOIN patients USING (patient) WHERE kind = 'condition' GROUP BY ALL
