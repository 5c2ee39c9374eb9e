// How cost grows: the same work at several sizes, as pictures in docs/growth and a table in docs/benchmarks.md.
//
//   node bench/growth/growth.mjs [quick|full] [--runs N] [--only events,patients,record,codes] [--tiny] [--no-page]
//
//   events    100k, 1M, 10M (quick) or 1M, 10M, 100M (full) events, 100 of each patient
//   patients  1,000 to 100,000 (quick), 1,000,000 (full) patients, all with 10 events a patient
//   record    one patient among 1,000 whose record has 10 to 1,000,000 events
//   codes     1 to 100,000 distinct codes over 1M events
//   --tiny    all sizes a hundredth: to see that it works
//
// Measured are: load, bytes, a whole timeline, the last year of one, counting the patients of the most frequent code and of a rare one,
// a question without a code. Each is told for what it goes over, so that a level line means: no more than in proportion.
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {tmpdir} from 'node:os';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, table} from '../markdown.mjs';
import {plot} from './plot.mjs';

const options = {size: 'quick', runs: 5};
for (let words = process.argv.slice(2); words.length > 0;) {
  const word = words.shift();
  if (['quick', 'full'].includes(word)) options.size = word;
  else if (['--tiny', '--no-page'].includes(word)) options[word.slice(2)] = true;
  else if (word === '--runs' && Number(words[0]) > 0) options.runs = Number(words.shift());
  else if (word === '--only' && words.length > 0) options.only = words.shift().split(',');
  else {
    console.error(`bench: '${word}' is none of quick, full, --runs N, --only NAMES, --tiny, --no-page`);
    process.exit(2);
  }
}
const programs = process.env.CHARTLINE_BENCH_PROGRAMS ?? 'build/release';
const work = mkdtempSync(`${process.env.CHARTLINE_BENCH_FOLDER ?? tmpdir()}/chartline-growth-`);
const full = options.size === 'full', scale = options.tiny ? 100 : 1;
const say = text => console.error(`bench: ${new Date().toTimeString().slice(0, 8)} ${text}`);
const shell = command => {
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 28});
  if (done.status !== 0) throw new Error(`failed: ${command}`);
  return done.stdout;
};
const disk_bytes = folder => readdirSync(folder, {withFileTypes: true, recursive: true}).filter(entry => entry.isFile())
  .reduce((sum, entry) => sum + statSync(`${entry.parentPath ?? entry.path}/${entry.name}`).size, 0);

// The sweeps: how many patients, events of each, and codes; for `record`, a long one beside the others.
const up = (from, to) => [...new Set(Array.from({length: Math.round(Math.log10(to / from)) + 1}, (_, i) => Math.max(1, Math.round(from * 10 ** i / scale))))];
const sweeps = {
  events: {title: 'events in the store', unit: 'events', sizes: up(full ? 1e6 : 1e5, full ? 1e8 : 1e7), events: n => ({patients: Math.max(10, n / 100), each: 100, codes: 1000})},
  patients: {title: 'patients in the store', unit: 'patients', sizes: up(1e3, full ? 1e6 : 1e5), events: n => ({patients: Math.max(10, n), each: 10, codes: 1000})},
  record: {title: 'events of one patient', unit: 'events of the patient', sizes: up(10, 1e6), events: n => ({patients: 1000 / Math.min(10, scale), each: 100, codes: 1000, long: n})},
  codes: {title: 'distinct codes', unit: 'codes', sizes: up(1, 1e5), events: n => ({patients: 10_000 / scale, each: 100, codes: n})},
};
// What is shown: from figures to an amount, its unit, and for what it is told.
const measures = {
  load: {title: 'load', unit: 'µs an event', of: f => f.load_s / f.events * 1e6},
  bytes: {title: 'on disk', unit: 'bytes an event', of: f => f.bytes / f.events},
  timeline: {title: 'whole timeline', unit: 'ns an event of it', of: f => f.whole_timeline.ms / f.whole_timeline.events * 1e6},
  timeline_us: {title: 'whole timeline', unit: 'µs', of: f => f.whole_timeline.ms / f.whole_timeline.count * 1e3},
  last_year_us: {title: 'its last year', unit: 'µs', of: f => f.last_year.ms / f.last_year.count * 1e3},
  frequent: {title: 'the most frequent code', unit: 'ns a patient', of: f => f.frequent / f.patients * 1e6},
  frequent_ms: {title: 'the most frequent code', unit: 'ms', of: f => f.frequent},
  rare_ms: {title: 'a rare code', unit: 'ms', of: f => f.rare},
  no_code: {title: 'a question without a code', unit: 'ns an event', of: f => f.no_code / f.events * 1e6},
};
const shown = {
  events: ['load', 'bytes', 'timeline_us', 'frequent', 'no_code'], patients: ['load', 'bytes', 'timeline_us', 'frequent', 'no_code'],
  record: ['timeline', 'timeline_us', 'last_year_us'], codes: ['load', 'bytes', 'timeline_us', 'frequent_ms', 'rare_ms', 'no_code'],
};

// One line for each line it is asked.
async function with_store(store, asked, queries, body) {
  const child = spawn(`${programs}/chartline_store`, [store, queries, asked], {stdio: ['pipe', 'pipe', 'inherit']});
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  await body(async line => {
    child.stdin.write(line + '\n');
    const answer = await lines.next();
    if (answer.done) throw new Error(`no answer to '${line}'`);
    return JSON.parse(answer.value);
  });
  child.stdin.end();
  await new Promise(resolve => child.once('close', resolve));
}

async function measure({patients, each, codes, long}) {
  patients = Math.max(1, Math.round(patients));
  const at = name => `${work}/${name}`;
  shell(`${programs}/make_events ${patients} --mean ${each} --codes ${codes} ${long ? `--long ${long}` : ''} >${at('events.csv')}`);
  rmSync(at('store'), {recursive: true, force: true});
  const start = performance.now();
  shell(`${programs}/chartline init --quiet --store ${at('store')}; ${programs}/chartline import --quiet --strict --no-originals --store ${at('store')} --format events --source bench ${at('events.csv')}`);
  const figures = {patients, load_s: (performance.now() - start) / 1000, bytes: disk_bytes(at('store')), events: Number(shell(`wc -l <${at('events.csv')}`)) - 1};
  // Codes from the most to the least frequent, as far as the first rows tell.
  const by_count = shell(`head -n 200001 ${at('events.csv')} | tail -n +2 | cut -d, -f3 | sort | uniq -c | sort -k1,1nr -k2 | awk '{print $2}'`).trim().split('\n');
  mkdirSync(at('queries'), {recursive: true});
  const code = text => text.replace('|', ':');
  writeFileSync(at('queries/frequent.query'), `count exists any[${code(by_count[0])}]`);
  writeFileSync(at('queries/rare.query'), `count exists any[${code(by_count.at(-1))}]`);
  writeFileSync(at('queries/no_code.query'), 'count exists any[*] where value > 270');
  const asked = long ? [1] : Array.from({length: Math.min(1000, patients)}, (_, i) => 1 + (i * 7919) % patients);
  writeFileSync(at('asked.txt'), asked.join('\n') + '\n');
  await with_store(at('store'), at('asked.txt'), at('queries'), async ask => {
    for (const name of ['frequent', 'rare', 'no_code']) {
      const runs = [];
      for (let run = 0; run <= options.runs; ++run) runs.push((await ask(`question ${name}`)).ms);
      figures[name] = median(runs.slice(1));
    }
    for (const name of ['whole_timeline', 'last_year']) {
      let answer;
      const runs = [];
      for (let run = 0; run <= options.runs + 2; ++run) answer = await ask(`points ${name}`), runs.push(answer.ms);
      figures[name] = {ms: median(runs.slice(3)), count: answer.count, events: answer.rows[0][0]};
    }
  });
  return figures;
}

const report = [];
for (const [name, sweep] of Object.entries(sweeps)) {
  if (options.only && !options.only.includes(name)) continue;
  const points = [];
  for (const size of sweep.sizes) {
    say(`${sweep.title}: ${size.toLocaleString('en')}`);
    points.push([size, await measure(sweep.events(size))]);
  }
  const series = shown[name].map(id => ({title: `${measures[id].title}, ${measures[id].unit}`, points: points.map(([size, figures]) => [size, measures[id].of(figures)])}));
  if (!options['no-page']) {
    mkdirSync('docs/growth', {recursive: true});
    writeFileSync(`docs/growth/${name}.svg`, plot({title: `Cost by ${sweep.title}`, x: sweep.unit, series}));
  } else {
    writeFileSync(`${tmpdir()}/growth-${name}.svg`, plot({title: `Cost by ${sweep.title}`, x: sweep.unit, series}));
  }
  const last = ([, figures]) => figures, growth = each => each.points.at(-1)[1] / each.points.at(-2)?.[1];
  report.push(`**By ${sweep.title}**\n\n![](growth/${name}.svg)\n\n` + table([
    [sweep.unit, ...points.map(([size]) => size.toLocaleString('en')), 'the last by the one before'],
    ...series.map(each => [each.title, ...each.points.map(([, amount]) => digits(amount)), points.length > 1 ? `${digits(growth(each))}x` : '']),
  ]) + (name === 'events' ? `\n${digits(last(points.at(-1)).events)} events at the last.\n` : ''));
}
const text = `\nSize \`${options.size}\`${options.tiny ? ', a hundredth of it' : ''}; medians of ${options.runs} runs, warm. ${day_and_commit()}. ${circumstances_of_machine()}\n\n${report.join('\n')}\n`;
writeFileSync(`${work}.md`, text);
process.stdout.write(text);
if (!options['no-page']) put_into('docs/benchmarks.md', `${work}.md`, 'growth');
rmSync(work, {recursive: true, force: true});
rmSync(`${work}.md`);
