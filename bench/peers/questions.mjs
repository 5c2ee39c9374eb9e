// Asks Chartline and DuckDB the same questions in turn (A B A B ...) and holds their answers against each other.
//
//   node questions.mjs load TABLES.sql DATABASE NAME=FILE...      SQL that makes the tables, to which these files are variables
//   node questions.mjs ask DATABASE QUESTIONS RUNS WHO QUESTION_BENCH ARGUMENT...    figures of Chartline under WHO; the last of these start it
//
// Questions without SQL (QUESTIONS/NAME.sql) are asked of Chartline alone. Writes tab-separated figures; stops with an error where any two
// answers differ. A time of DuckDB ends when all of the answer is in memory, not yet as objects of JavaScript.
import {spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {DuckDBInstance} from '@duckdb/node-api';

const report = (who, figure, amount) => console.log(`${who}\t${figure}\t${amount}`);

async function load(tables, path, files) {
  for (const file of [path, path + '.wal']) rmSync(file, {force: true});
  const connection = await (await DuckDBInstance.create(path)).connect();
  for (const [name, file] of files.map(word => word.split('='))) await connection.run(`SET VARIABLE ${name} = '${file.replaceAll("'", "''")}'`);
  await connection.run(readFileSync(tables, 'utf8'));
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

// Codes and sources are written `system:code` by us, `system|code` in the files; what is missing, as nothing.
const in_order = rows => rows.map(row => row.map(cell => String(cell ?? '').replace('|', ':')).join('\t')).sort();

function hold_against(name, ours, theirs) {
  const [a, b] = [in_order(ours), in_order(theirs)], at = a.findIndex((row, i) => row !== b[i]);
  if (at < 0 && a.length === b.length) return;
  const place = Math.max(at, 0);
  throw new Error(`${name}: the answers differ, of ${a.length} and ${b.length} rows\n${a.slice(place, place + 20).join('\n')}\n---\n${b.slice(place, place + 20).join('\n')}`);
}

async function ask(path, folder, runs, who, program, words) {
  const connection = await (await DuckDBInstance.create(path, {access_mode: 'READ_ONLY'})).connect();
  report('duckdb', 'version', (await connection.runAndReadAll('SELECT version()')).getRows()[0][0]);
  const child = new Child(program, words);
  for (const name of readdirSync(folder).filter(file => file.endsWith('.query')).map(file => file.slice(0, -6)).sort()) {
    const sql = existsSync(`${folder}/${name}.sql`) && readFileSync(`${folder}/${name}.sql`, 'utf8');
    for (let run = 0; run <= runs; ++run) {  // the first warms both and is not counted
      const ours = await child.ask(name);
      report(who, `question.${name}.${run === 0 ? 'first_ms' : 'ms'}`, ours.ms);
      if (!sql) continue;
      const start = performance.now();
      const answer = await connection.runAndReadAll(sql);
      const theirs = performance.now() - start;
      hold_against(name, ours.rows, answer.getRows());
      if (run > 0 && who === 'chartline') report('duckdb', `question.${name}.ms`, theirs);
    }
  }
  const memory = await child.ask('memory');
  report(who, 'question.memory.bytes', memory.bytes);
  report(who, 'question.memory.peak_bytes', memory.peak);
  child.end();
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'load' && words.length > 2) await load(words[0], words[1], words.slice(2));
else if (verb === 'ask' && words.length > 5) await ask(words[0], words[1], Number(words[2]), words[3], words[4], words.slice(5));
else {
  console.error('usage: questions.mjs load TABLES DATABASE NAME=FILE... | ask DATABASE QUESTIONS RUNS WHO QUESTION_BENCH ARGUMENT...');
  process.exit(2);
}
