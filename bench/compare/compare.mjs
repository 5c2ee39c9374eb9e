// Loads the same synthetic population into Chartline and its peers, asks them the same questions in turn (A B A B ...), holds all
// answers against each other, and writes a table into docs/benchmarks.md. Stops with an error where any two answers differ.
//
//   node bench/compare/compare.mjs [quick|full] [--patients N] [--runs N] [--cold-runs N] [--seconds S] [--only NAME,...]
//                                  [--stores NAME,...] [--patience S] [--keep] [--no-page]
//
//   quick  100,000 patients (the default); full: 1,000,000; --patients: any number
//   runs   warm runs, 7; cold runs after everything was dropped from memory, 3 (as root; else none)
//   patience  a peer whose first answer took longer than 20 s is asked once more and not seven times
//
// Everything lies in one folder below CHARTLINE_BENCH_FOLDER, or the temporary one; with --keep a later run uses what is loaded,
// and what would change the stores is left out.
import {spawn, spawnSync} from 'node:child_process';
import {appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {tmpdir} from 'node:os';
import {write_report} from './report.mjs';
import {Postgres, Redis, memory_mib} from './servers.mjs';

const options = {size: 'quick', runs: 7, 'cold-runs': process.getuid() === 0 ? 3 : 0, seconds: 3, patience: 20};
for (let words = process.argv.slice(2); words.length > 0;) {
  const word = words.shift();
  if (['quick', 'full'].includes(word)) options.size = word;
  else if (['--keep', '--no-page'].includes(word)) options[word.slice(2)] = true;
  else if (['--patients', '--runs', '--cold-runs', '--seconds', '--patience'].includes(word) && Number(words[0]) >= 0) options[word.slice(2)] = Number(words.shift());
  else if (['--only', '--stores'].includes(word) && words.length > 0) options[word.slice(2)] = words.shift().split(',');
  else {
    console.error(`bench: '${word}' is none of quick, full, --patients N, --runs N, --cold-runs N, --seconds S, --patience S, --only NAMES, --stores NAMES, --keep, --no-page`);
    process.exit(2);
  }
}
const patients = options.patients ?? {quick: 100_000, full: 1_000_000}[options.size];
const programs = process.env.CHARTLINE_BENCH_PROGRAMS ?? 'build/release', questions = 'bench/compare/questions';
const work = `${process.env.CHARTLINE_BENCH_FOLDER ?? tmpdir()}/chartline-compare-${patients}`;
const files = Object.fromEntries(Object.entries({events: 'events.csv', people: 'people.csv', list: 'list.csv', asked: 'asked.txt', store: 'store',
  duckdb: 'events.duckdb', sqlite: 'events.sqlite', results: 'results.tsv', loaded: 'loaded.tsv'}).map(([name, file]) => [name, `${work}/${file}`]));
const loading = files.loaded + '.part';  // becomes `loaded` when everything is
const asked_patients = Math.min(1000, patients);

const say = text => console.error(`bench: ${new Date().toTimeString().slice(0, 8)} ${text}`);
const shell = (command, output) => {
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {stdio: ['ignore', output ? 'pipe' : 'ignore', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 30});
  if (done.status !== 0) throw new Error(`failed: ${command}`);
  return done.stdout;
};
const note = (path, who, figure, amount) => appendFileSync(path, `${who}\t${figure}\t${amount}\n`);

const postgres = new Postgres(work), redis = new Redis(work);
const node = (program, ...words) => ['node', [`bench/peers/${program}.mjs`, ...words]];
const own = (program, ...words) => [`${programs}/${program}`, words];
const parquet = path => path.replace(/csv$/, 'parquet');
// How each is loaded (a command that tells figures) and served; which server must run; what it can do.
const stores = {
  chartline: {serve: own('chartline_store', files.store, questions, files.asked), points: true, writes: true, clients: true, mixed: true},
  duckdb: {load: node('duckdb_store', 'load', files.events, files.people, files.list, files.duckdb), serve: node('duckdb_store', 'serve', files.duckdb, questions, files.asked), points: true, writes: true, clients: true},
  polars: {serve: node('polars_store', 'serve', parquet(files.events), parquet(files.people), files.list), warm_only: true},
  sqlite: {load: own('sqlite_store', 'load', files.events, files.people, files.list, files.sqlite), serve: own('sqlite_store', 'serve', files.sqlite, questions, files.asked), points: true, writes: true, clients: true, mixed: true},
  postgres: {server: postgres, load: own('postgres_store', 'load', files.events, files.people, files.list, postgres.connection), serve: own('postgres_store', 'serve', postgres.connection, questions, files.asked), points: true, writes: true, clients: true, mixed: true},
  redis: {server: redis, load: own('redis_store', 'load', files.events, redis.socket), serve: own('redis_store', 'serve', redis.socket, files.asked), points: true, writes: true, no_questions: true, warm_only: true},
};
const chosen = Object.fromEntries(Object.entries(stores).filter(([name]) => name === 'chartline' || !options.stores || options.stores.includes(name)));
const wanted = name => !options.only || options.only.includes(name);

class Child {
  constructor([program, words]) {
    this.process = spawn(program, words, {stdio: ['pipe', 'pipe', 'inherit']});
    this.lines = createInterface({input: this.process.stdout})[Symbol.asyncIterator]();
    this.ended = new Promise(resolve => this.process.once('close', resolve));
  }
  async ask(line) {
    this.process.stdin.write(line + '\n');
    const answer = await this.lines.next();
    if (answer.done) throw new Error(`no answer to '${line}' from ${this.process.spawnargs.join(' ')}`);
    return JSON.parse(answer.value);
  }
  async end() {
    this.process.stdin.end();
    await this.ended;
  }
}

// ---- loading

function make_events() {
  mkdirSync(work, {recursive: true});
  chmodSync(work, 0o711);  // PostgreSQL's server runs as another user below it
  say(`events of ${patients} patients`);
  shell(`${programs}/chartline synth --patients ${patients} --form narrow >${files.events}; ${programs}/chartline synth --patients ${patients} --form people >${files.people}`);
  // 1,000 codes of diagnoses, from frequent to rare: the rare one that is asked for, and those of the first patients, by name.
  writeFileSync(files.list, 'code\n' + shell(`head -n 400000 ${files.events} | cut -d, -f3 | grep ^icd10 | cut -c7- | grep -v '^[A-G]' | sort -u | awk 'BEGIN {print "S09.5"} $0 != "S09.5" && ++n < 1000'`, true));
  let chance = 1;  // the same patients for every store
  writeFileSync(files.asked, Array.from({length: asked_patients}, () => 1 + (chance = chance * 48271 % 2147483647) % patients).join('\n') + '\n');
}

const disk_bytes = folder => readdirSync(folder, {withFileTypes: true, recursive: true}).filter(entry => entry.isFile())
  .reduce((sum, entry) => sum + statSync(`${entry.parentPath ?? entry.path}/${entry.name}`).size, 0);

function load_chartline() {
  rmSync(files.store, {recursive: true, force: true});
  const start = performance.now();
  shell(`${programs}/chartline init --quiet --store ${files.store}; ${programs}/chartline import --quiet --strict --no-originals --memory ${memory_mib(1 / 4)}M --store ${files.store} \\
    --format events --source bench ${files.events} ${files.people}; ${programs}/chartline codes import --quiet --store ${files.store} --name thousand --system icd10 --column code ${files.list}`);
  note(loading, 'chartline', 'load.seconds', (performance.now() - start) / 1000);
  note(loading, 'chartline', 'disk.bytes', disk_bytes(files.store));
}

async function load() {
  if (existsSync(files.loaded)) {
    for (const store of Object.values(chosen)) await store.server?.start();
    return;
  }
  make_events();
  for (const [name, store] of Object.entries(chosen)) {
    say(`load: ${name}`);
    if (name === 'chartline') { load_chartline(); continue; }
    await store.server?.start(true);
    if (store.load) appendFileSync(loading, shell([store.load[0], ...store.load[1]].map(word => `'${word}'`).join(' '), true));
  }
  const lines = Number(shell(`wc -l <${files.events}`, true)) - 1;
  note(loading, 'chartline', 'events', lines);
  renameSync(loading, files.loaded);
}

// ---- asking

const plain = rows => rows.map(row => row.map(cell => String(cell).replace('|', ':')).join('\t')).sort().join('\n');

function hold_against(name, answers) {
  const [[first, rows], ...others] = Object.entries(answers);
  for (const [who, other] of others)
    if (other !== rows) throw new Error(`${name}: ${who} and ${first} do not agree\n${other.slice(0, 2000)}\n---\n${rows.slice(0, 2000)}`);
}

async function warm(children, line, name, able) {
  const answers = {}, runs = {};
  for (const [who, child] of Object.entries(children)) {
    if (!able(stores[who])) continue;
    const {ms, rows, count} = await child.ask(line);
    answers[who] = plain(rows);
    runs[who] = ms > options.patience * 1000 ? 1 : options.runs;
    note(files.results, who, `${name}.first_ms`, ms / (count ?? 1));
  }
  hold_against(name, answers);
  for (let run = 0; run < options.runs; ++run) {
    for (const who of Object.keys(answers)) {
      if (run >= runs[who]) continue;
      const {ms, rows, count} = await children[who].ask(line);
      if (plain(rows) !== answers[who]) throw new Error(`${name}: ${who} does not agree with itself`);
      note(files.results, who, `${name}.ms`, ms / (count ?? 1));
    }
  }
}

// A process that has just begun, and nothing of any file in memory.
async function cold(who, line, name) {
  const store = chosen[who];
  await store.server?.stop();
  shell('sync; echo 3 >/proc/sys/vm/drop_caches');
  await store.server?.start();
  const child = new Child(store.serve);
  const {ms, count} = await child.ask(line);
  note(files.results, who, `${name}.cold_ms`, ms / (count ?? 1));
  await child.end();
}

async function ask_all() {
  const names = readdirSync(questions).filter(file => file.endsWith('.query')).map(file => file.slice(0, -6)).sort();
  const points = ['whole_timeline', 'last_year', 'latest_values'];
  const children = Object.fromEntries(Object.entries(chosen).map(([who, store]) => [who, new Child(store.serve)]));
  const everyone = store => !store.no_questions;
  for (const name of names.filter(wanted)) {
    say(name);
    await warm(children, `question ${name}`, name, everyone);
  }
  for (const name of points.filter(wanted)) {
    say(name);
    await warm(children, `points ${name}`, name, store => store.points);
  }
  for (const [who, child] of Object.entries(children)) note(files.results, who, 'memory.bytes', (await child.ask('memory')).bytes + (chosen[who].server?.memory_bytes() ?? 0));
  for (const clients of [1, 8, 64]) {
    if (!wanted('clients')) break;
    say(`${clients} clients`);
    for (let run = 0; run < options.runs; ++run)
      for (const [who, child] of Object.entries(children)) {
        if (!stores[who].clients) continue;
        const {ms, count} = await child.ask(`clients ${clients} ${options.seconds}`);
        note(files.results, who, `clients_${clients}.per_second`, count / ms * 1000);
      }
  }
  for (const child of Object.values(children)) await child.end();
  for (let run = 0; run < options['cold-runs']; ++run) {
    say(`cold, run ${run + 1} of ${options['cold-runs']}`);
    for (const [line, list, able] of [['question', names, everyone], ['points', points, store => store.points]])
      for (const name of list.filter(wanted))
        for (const [who, store] of Object.entries(chosen))
          if (able(store) && !store.warm_only) await cold(who, `${line} ${name}`, name);
  }
}

// What changes the stores comes last; their answers are not compared after it.
async function write_all() {
  const children = Object.fromEntries(Object.entries(chosen).filter(([, store]) => store.writes).map(([who, store]) => [who, new Child(store.serve)]));
  // Rows are warm but for those that say so: whom the writes are of has been read.
  for (const child of Object.values(children)) if (wanted('point_write') || wanted('batch_write')) await child.ask('points whole_timeline');
  const kinds = {point_write: ['write 200', 1], batch_write: ['batch 20 1000', 1000]};
  for (const [name, [line, events]] of Object.entries(kinds)) {
    if (!wanted(name)) continue;
    say(name);
    for (let run = 0; run <= options.runs; ++run)
      for (const [who, child] of Object.entries(children)) {
        const {ms, count} = await child.ask(line);
        if (run > 0) note(files.results, who, `${name}.per_second`, count * events / ms * 1000);
      }
  }
  if (wanted('mixed')) {
    say('mixed load');
    for (let run = 0; run < options.runs; ++run)
      for (const [who, child] of Object.entries(children)) {
        if (!stores[who].mixed) continue;
        const {ms, reads, writes, scans} = await child.ask(`mixed ${options.seconds}`);
        for (const [kind, count] of Object.entries({reads, writes, scans})) note(files.results, who, `mixed.${kind}.per_second`, count / ms * 1000);
      }
  }
  for (const child of Object.values(children)) await child.end();
}

// The FHIR sample of the demonstration: JSON, a whole process each time, so many copies of it that it takes a while.
function import_fhir() {
  if (!wanted('fhir')) return;
  say('FHIR');
  const folder = `${work}/fhir`;
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder);
  shell(`tar -C ${folder} -xJf data/sample/synthea-fhir.tar.xz`);
  const bytes = disk_bytes(folder);
  for (let run = 0; run <= options.runs; ++run) {
    rmSync(`${work}/fhir-store`, {recursive: true, force: true});
    shell(`${programs}/chartline init --quiet --store ${work}/fhir-store`);
    const start = performance.now();
    shell(`${programs}/chartline import --quiet --store ${work}/fhir-store --format fhir ${folder}`);
    if (run > 0) note(files.results, 'chartline', 'fhir.bytes_per_second', bytes / (performance.now() - start) * 1000);
  }
  rmSync(`${work}/fhir-store`, {recursive: true, force: true});
}

try {
  if (!existsSync(files.loaded)) rmSync(work, {recursive: true, force: true});
  await load();
  writeFileSync(files.results, readFileSync(files.loaded));
  await ask_all();
  import_fhir();
  if (!options.keep) await write_all();
  write_report(files.results, {...options, patients, page: options['no-page'] ? null : 'docs/benchmarks.md'});
} finally {
  await postgres.stop();
  await redis.stop();
  if (!options.keep) rmSync(work, {recursive: true, force: true});
  else say(`kept: ${work}`);
}
