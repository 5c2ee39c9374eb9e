SELECT count(DISTINCT o.patient) FROM events o JOIN events a ON o.patient = a.patient AND o.encounter = a.record AND o.source = a.source
WHERE o.kind = 'observation' AND o.code = 'loinc|718-7' AND a.kind = 'encounter' AND a.code = 'local|admission'
