SELECT strftime(date_trunc('month', time), '%Y-%m'), count(*) FROM events WHERE code = 'loinc|8480-6' GROUP BY 1
