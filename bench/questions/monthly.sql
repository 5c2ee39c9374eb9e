SELECT strftime(date_trunc('month', time), '%Y-%m'), count(*) FROM events WHERE code = 'loinc|10185-5' GROUP BY 1
