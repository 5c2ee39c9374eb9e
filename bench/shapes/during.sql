SELECT count(DISTINCT o.patient) FROM events o JOIN events a USING (patient)
WHERE o.kind = 'observation' AND o.code = 'loinc|718-7' AND a.kind = 'encounter' AND a.code = 'local|admission' AND o.time >= a.time AND o.time <= a."end"
