SELECT count(DISTINCT o.patient) FROM events o JOIN events a ON o.patient = a.patient AND o.encounter = a.record AND o.source = a.source
WHERE o.kind = 'observation' AND o.code = 'loinc|8480-6' AND a.kind = 'encounter' AND a.code = 'local|consultation'
