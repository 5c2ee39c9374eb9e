-- What words there are of as ENUMs, rows in the order of patient and time: what an analyst who cares for speed would do. And once for all
-- questions what the language does by itself: of each record its last version, nothing that was entered in error, nothing that patients or
-- carers told. `time` is the first moment of a time known to the year, `latest` the last day that any time may be; what goes
-- on ends at infinity.
CREATE TEMP TABLE rows AS
  SELECT * FROM read_csv(getvariable('events'), header = true, columns = {patient: 'INTEGER', time: 'VARCHAR', code: 'VARCHAR', value: 'DOUBLE',
    unit: 'VARCHAR', kind: 'VARCHAR', 'end': 'VARCHAR', status: 'VARCHAR', source: 'VARCHAR', source_system: 'VARCHAR', record: 'VARCHAR', version: 'INTEGER',
    encounter: 'VARCHAR', author: 'VARCHAR', patient_system: 'VARCHAR', 'attr.days_supply': 'INTEGER', 'attr.birth': 'DATE', 'attr.sex': 'VARCHAR', 'attr.death': 'DATE'});
CREATE TABLE patients AS
  SELECT patient, "attr.birth" AS birth, "attr.sex" AS sex, "attr.death" AS death FROM rows WHERE kind = 'patient' ORDER BY patient;
CREATE TEMP TABLE versions AS
  SELECT patient, source, source_system, record, max(version) AS latest FROM rows WHERE version IS NOT NULL GROUP BY ALL;
CREATE TYPE code AS ENUM (SELECT DISTINCT code FROM rows WHERE code IS NOT NULL ORDER BY 1);
CREATE TYPE kind AS ENUM (SELECT DISTINCT kind FROM rows ORDER BY 1);
CREATE TYPE unit AS ENUM (SELECT DISTINCT unit FROM rows WHERE unit IS NOT NULL ORDER BY 1);
CREATE TYPE status AS ENUM (SELECT DISTINCT status FROM rows WHERE status IS NOT NULL ORDER BY 1);
CREATE TYPE source AS ENUM (SELECT DISTINCT source || '|' || source_system FROM rows ORDER BY 1);
CREATE TYPE author AS ENUM (SELECT DISTINCT author FROM rows WHERE author IS NOT NULL ORDER BY 1);
CREATE TABLE events AS
  SELECT patient, CASE WHEN length(time) = 4 THEN time || '-01-01' ELSE time END::TIMESTAMP AS time,
    CASE WHEN length(time) = 4 THEN time || '-12-31' ELSE time END::TIMESTAMP::DATE AS latest,
    code::code AS code, value, unit::unit AS unit, kind::kind AS kind, replace("end", 'ongoing', 'infinity')::TIMESTAMP AS "end", status::status AS status, (source || '|' || source_system)::source AS source,
    author::author AS author, record, encounter, "attr.days_supply" AS days_supply
  FROM rows LEFT JOIN versions USING (patient, source, source_system, record)
  WHERE kind <> 'patient' AND coalesce(version, 0) >= coalesce(versions.latest, 0) AND status IS DISTINCT FROM 'entered-in-error'
    AND (author IS NULL OR author NOT IN ('patient', 'carer'))
  ORDER BY patient, time;
CHECKPOINT;
