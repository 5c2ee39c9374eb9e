SELECT count(DISTINCT patient) FROM events bp JOIN events dx USING (patient)
WHERE bp.kind = 'observation' AND bp.code = 'loinc|8480-6' AND bp.value > 150 AND dx.kind = 'condition' AND dx.code = 'icd10|I10'
  AND bp.time::DATE = dx.time::DATE AND dx.time::DATE = dx.latest
