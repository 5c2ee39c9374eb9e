// DuckDB: codes as an ENUM, rows in the order of patient and time, all cores, as much memory as it likes.
//
//   node duckdb_store.mjs load EVENTS.csv PEOPLE.csv LIST.csv DATABASE
//   node duckdb_store.mjs serve DATABASE QUESTIONS ASKED
import {readFileSync, readdirSync, rmSync, statSync} from 'node:fs';
import {DuckDBInstance} from '@duckdb/node-api';
import {concurrent_questions, last_year, measured_code, serve, written_code} from './serve.mjs';

const quoted = text => `'${text.replaceAll("'", "''")}'`;
const report = (figure, amount) => console.log(`duckdb\t${figure}\t${amount}`);
const rows_of = async (connection, sql, parameters) => (await connection.runAndReadAll(sql, parameters)).getRows();

async function load(events, people, list, path) {
  for (const file of [path, path + '.wal']) rmSync(file, {force: true});
  const start = performance.now();
  const connection = await (await DuckDBInstance.create(path)).connect();
  const csv = `read_csv(${quoted(events)}, header = true,
    columns = {patient: 'INTEGER', time: 'TIMESTAMP', code: 'VARCHAR', value: 'DOUBLE'})`;
  const thousand = `(SELECT 'icd10|' || code AS code FROM read_csv(${quoted(list)}, header = true, columns = {code: 'VARCHAR'}))`;
  await connection.run(`CREATE TYPE code AS ENUM (
    SELECT DISTINCT code FROM (SELECT code FROM ${csv} UNION ALL SELECT code FROM ${thousand} UNION ALL SELECT ${quoted(written_code)}) ORDER BY code)`);
  await connection.run(`CREATE TABLE events AS SELECT patient, time, code::code AS code, value FROM ${csv} ORDER BY patient, time`);
  await connection.run(`CREATE TABLE patients AS
    SELECT patient::INTEGER AS patient, "attr.birth"::DATE AS birth, "attr.sex" AS sex FROM read_csv(${quoted(people)}, header = true) ORDER BY patient`);
  await connection.run(`CREATE TABLE thousand AS SELECT code::code AS code FROM ${thousand}`);
  await connection.run('CHECKPOINT');
  report('load.seconds', (performance.now() - start) / 1000);
  report('disk.bytes', statSync(path).size);
  report('version', (await rows_of(connection, 'SELECT version()'))[0][0]);
  // For Polars, which has no date without it.
  await connection.run(`COPY (SELECT patient, time, epoch(time::DATE)::BIGINT // 86400 AS day, code::VARCHAR AS code, value FROM events ORDER BY patient, time)
    TO ${quoted(events.replace(/csv$/, 'parquet'))} (FORMAT parquet)`);
  await connection.run(`COPY patients TO ${quoted(people.replace(/csv$/, 'parquet'))} (FORMAT parquet)`);
}

const points = {
  whole_timeline: 'SELECT epoch(time)::BIGINT, code, value FROM events WHERE patient = ? ORDER BY time',
  last_year: `SELECT epoch(time)::BIGINT, code, value FROM events WHERE patient = ? AND time >= ${quoted(last_year[0])}::TIMESTAMP AND time < ${quoted(last_year[1])}::TIMESTAMP ORDER BY time`,
  latest_values: `SELECT epoch(time)::BIGINT, code, value FROM events WHERE patient = ? AND code = ${quoted(measured_code)} ORDER BY time DESC LIMIT 10`,
};

async function run(path, questions, asked_path) {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const asked = readFileSync(asked_path, 'utf8').trim().split('\n').map(Number);
  const texts = Object.fromEntries(readdirSync(questions).map(file => [file, readFileSync(`${questions}/${file}`, 'utf8')]));
  const sql_of = name => texts[`${name}.duckdb.sql`] ?? texts[`${name}.sql`];
  const write = async (commits, events) => {
    for (let i = 0; i < commits; ++i) {
      const values = Array.from({length: events}, () =>
        `(${asked[Math.floor(Math.random() * asked.length)]}, TIMESTAMP '2023-11-15' + INTERVAL (${Math.floor(Math.random() * 3e7)}) SECOND, ${quoted(written_code)}, 1.5)`);
      await connection.run(`INSERT INTO events VALUES ${values.join(',')}`);
    }
    return {count: Number(commits)};
  };
  await serve({
    question: async name => ({rows: (await rows_of(connection, sql_of(name))).map(row => row.map(String))}),
    points: async name => {
      const prepared = await connection.prepare(points[name]);
      let events = 0, seconds = 0, hundredths = 0;
      for (const patient of asked) {
        prepared.bindInteger(1, patient);
        for (const [at, , value] of (await prepared.runAndReadAll()).getRows()) ++events, seconds += Number(at), hundredths += Math.round((value ?? 0) * 100);
      }
      return {count: asked.length, rows: [[events, seconds, hundredths]]};
    },
    write: commits => write(commits, 1),
    batch: (commits, events) => write(commits, Number(events)),
    clients: async (clients, seconds) => {
      const end = performance.now() + seconds * 1000;
      let count = 0;
      await Promise.all(Array.from({length: Number(clients)}, async (_, client) => {
        const own = await instance.connect();
        for (let turn = client; performance.now() < end; ++turn, ++count) await rows_of(own, sql_of(concurrent_questions[turn % 4]));
      }));
      return {count};
    },
  });
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'load' && words.length === 4) await load(...words);
else if (verb === 'serve' && words.length === 3) await run(...words);
else {
  console.error('usage: duckdb_store.mjs load EVENTS PEOPLE LIST DATABASE | serve DATABASE QUESTIONS ASKED');
  process.exit(2);
}
