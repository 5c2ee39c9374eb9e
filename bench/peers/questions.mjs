// Asks Chartline and DuckDB the same questions in turn (A B A B ...) and holds their answers against each other.
//
//   node questions.mjs load EVENTS.csv PEOPLE.csv DATABASE
//   node questions.mjs ask DATABASE QUESTIONS RUNS WHO QUESTION_BENCH ARGUMENT...    figures of Chartline under WHO; the last of these start it
//
// Writes tab-separated figures; stops with an error where any two answers differ.
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {DuckDBInstance} from '@duckdb/node-api';

const report = (who, figure, amount) => console.log(`${who}\t${figure}\t${amount}`);
const quoted = text => `'${text.replaceAll("'", "''")}'`;

// Codes as an ENUM, rows in the order of patient and time: what an analyst who cares for speed would do.
async function load(events, people, path) {
  for (const file of [path, path + '.wal']) rmSync(file, {force: true});
  const connection = await (await DuckDBInstance.create(path)).connect();
  const csv = `read_csv(${quoted(events)}, header = true,
    columns = {patient: 'INTEGER', time: 'TIMESTAMP', code: 'VARCHAR', value: 'DOUBLE'})`;
  await connection.run(`CREATE TYPE code AS ENUM (SELECT DISTINCT code FROM ${csv} ORDER BY code)`);
  await connection.run(`CREATE TABLE events AS SELECT patient, time, code::code AS code, value FROM ${csv} ORDER BY patient, time`);
  await connection.run(`CREATE TABLE patients AS
    SELECT patient::INTEGER AS patient, "attr.birth"::DATE AS birth, "attr.sex" AS sex FROM read_csv(${quoted(people)}, header = true) ORDER BY patient`);
  await connection.run('CHECKPOINT');
  report('duckdb', 'disk.bytes', statSync(path).size);
}

// Chartline, as a child that answers one line for each line.
class Child {
  constructor(program, words) {
    this.process = spawn(program, words, {stdio: ['pipe', 'pipe', 'inherit']});
    this.lines = createInterface({input: this.process.stdout})[Symbol.asyncIterator]();
  }
  async ask(line) {
    this.process.stdin.write(line + '\n');
    const answer = await this.lines.next();
    if (answer.done) throw new Error(`Chartline gave no answer to ${line}`);
    return JSON.parse(answer.value);
  }
  end() { this.process.stdin.end(); }
}

const in_order = rows => rows.map(row => row.map(String).join('\t')).sort().join('\n');

async function ask(path, folder, runs, who, program, words) {
  const connection = await (await DuckDBInstance.create(path, {access_mode: 'READ_ONLY'})).connect();
  report('duckdb', 'version', (await connection.runAndReadAll('SELECT version()')).getRows()[0][0]);
  const child = new Child(program, words);
  for (const name of readdirSync(folder).filter(file => file.endsWith('.sql')).map(file => file.slice(0, -4)).sort()) {
    const sql = readFileSync(`${folder}/${name}.sql`, 'utf8');
    for (let run = 0; run <= runs; ++run) {  // the first warms both and is not counted
      const ours = await child.ask(name);
      const start = performance.now();
      const rows = (await connection.runAndReadAll(sql)).getRows();
      const theirs = performance.now() - start;
      if (in_order(ours.rows) !== in_order(rows)) throw new Error(`${name}: the answers differ\n${in_order(ours.rows)}\n---\n${in_order(rows)}`);
      if (run === 0) { report(who, `question.${name}.first_ms`, ours.ms); continue; }
      report(who, `question.${name}.ms`, ours.ms);
      if (who === 'chartline') report('duckdb', `question.${name}.ms`, theirs);
    }
  }
  const memory = await child.ask('memory');
  report(who, 'question.memory.bytes', memory.bytes);
  report(who, 'question.memory.peak_bytes', memory.peak);
  child.end();
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'load' && words.length === 3) await load(...words);
else if (verb === 'ask' && words.length > 5) await ask(words[0], words[1], Number(words[2]), words[3], words[4], words.slice(5));
else {
  console.error('usage: questions.mjs load EVENTS PEOPLE DATABASE | ask DATABASE QUESTIONS RUNS WHO QUESTION_BENCH ARGUMENT...');
  process.exit(2);
}
