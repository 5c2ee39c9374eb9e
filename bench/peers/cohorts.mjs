// OHDSI's SQL of cohort definitions in DuckDB, held against the rows that Chartline gives.
//
//   node cohorts.mjs OMOP SQL NAMES ROWS RUNS
//
// OMOP: CSV files, a table each. SQL: NAME.sql for DuckDB, which fills `cohort` with the rows of cohort 1. NAMES: Chartline's names
// of the cohorts (cohort_20 of 20.json), in the order of the statements in ROWS, which are its rows as ndjson.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {DuckDBInstance} from '@duckdb/node-api';

const [omop, folder, names, ours, runs] = process.argv.slice(2);
if (!runs) {
  console.error('usage: cohorts.mjs OMOP SQL NAMES ROWS RUNS');
  process.exit(2);
}
const quoted = text => `'${text.replaceAll("'", "''")}'`;
const lines = path => readFileSync(path, 'utf8').split('\n').filter(line => line !== '');

const connection = await (await DuckDBInstance.create(':memory:')).connect();
for (const file of readdirSync(omop).filter(name => name.endsWith('.csv')))
  await connection.run(`CREATE TABLE "${file.slice(0, -4)}" AS SELECT * FROM read_csv(${quoted(`${omop}/${file}`)}, header = true, sample_size = -1)`);
await connection.run('CREATE OR REPLACE TABLE cohort (cohort_definition_id INTEGER, subject_id BIGINT, cohort_start_date DATE, cohort_end_date DATE)');

const rows = new Map(lines(names).map(name => [name, []]));
const in_order = [...rows.keys()];
for (const line of lines(ours)) {
  const row = JSON.parse(line);
  rows.get(in_order[row.statement - 1]).push([row.patient, row.start, row.end].join());
}

const their_sql = in_order.flatMap(name => {
  const path = `${folder}/${name.replace(/^cohort_/, '')}.sql`;
  return existsSync(path) ? [[name, readFileSync(path, 'utf8')]] : [];
});
if (their_sql.length === 0) throw new Error(`${folder} holds the SQL of none of these cohorts`);
for (let run = 0; run < Number(runs); ++run) {
  let spent = 0;
  for (const [name, sql] of their_sql) {
    await connection.run('DELETE FROM cohort');
    const start = performance.now();
    await connection.run(sql);
    spent += performance.now() - start;
    const theirs = (await connection.runAndReadAll(
      'SELECT subject_id::VARCHAR, cohort_start_date::VARCHAR, cohort_end_date::VARCHAR FROM cohort')).getRows();
    if (theirs.map(row => row.join()).sort().join('\n') !== rows.get(name).sort().join('\n'))
      throw new Error(`${name}: the rows differ`);
  }
  console.log(`duckdb\tcohorts.${their_sql.length}.s\t${(spent / 1000).toFixed(3)}`);
}
