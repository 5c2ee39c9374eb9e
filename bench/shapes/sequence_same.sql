SELECT count(DISTINCT a.patient) FROM events a JOIN events b ON a.patient = b.patient AND b.kind = 'encounter' AND b.code = 'local|admission'
  AND b.time > a.time AND b.time::DATE <= a.time::DATE + 30
WHERE a.kind = 'encounter' AND a.code = 'local|admission'
