// The figures of a comparison as Markdown, put into docs/benchmarks.md between its markers.
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, read_results, sorted, table} from '../markdown.mjs';

const peers = ['duckdb', 'polars', 'sqlite', 'postgres', 'redis'];
const title = {duckdb: 'DuckDB', polars: 'Polars', sqlite: 'SQLite', postgres: 'PostgreSQL', redis: 'Redis'};

// Figures in milliseconds are better when less, rates when more.
const questions = {
  code_count: 'patients with a diagnosis', rare_code: 'patients with a rare code', code_list: 'patients with any of 1,000 codes',
  code_age_sex_date: 'code, value, age, sex and date, by year', care_gap: 'care gap: diagnosis, no test within a year', sequence: 'sequence of three, with a value',
  last_value: 'last value of a year over a threshold, by sex and age', monthly: 'monthly counts over 30 years', patients_by_code: 'patients by code, all codes',
  incidence: 'first diagnoses by year', any_value: 'no code: patients with a value over a threshold', any_year: 'no code: values over a threshold by year',
  ten_cohorts: 'ten figures that share parts',
};
const points = {whole_timeline: 'one whole timeline', last_year: 'its last year', latest_values: 'latest 10 values of a code'};
const rates = {
  point_write: 'durable commits of one event, one writer, events/s', batch_write: 'durable commits of 1,000 events, events/s', clients_1: 'questions/s, 1 client', clients_8: 'questions/s, 8 clients',
  clients_64: 'questions/s, 64 clients', 'mixed.reads': 'mixed load: timelines/s', 'mixed.writes': 'mixed load: commits/s', 'mixed.scans': 'mixed load: questions/s',
};
const time = ms => (ms >= 10_000 ? `${digits(ms / 1000)} s` : ms >= 1 ? `${digits(ms)} ms` : `${digits(ms * 1000)} µs`);
const rate = n => `${digits(n)} /s`;

export function write_report(path, {size, patients, runs, page}) {
  const results = read_results(path), ours = results.chartline;
  const shown = peers.filter(peer => results[peer]);
  // One row: what Chartline has with its spread, each peer with the ratio, and the least of the ratios.
  const row = (words, figure, show, better) => {
    if (!ours[figure]) return [];
    const own = median(ours[figure]), all = sorted(ours[figure]);
    const ratios = [];
    const cells = shown.map(peer => {
      const figures = results[peer][figure];
      if (!figures) return '';
      const theirs = median(figures), ratio = better === 'less' ? theirs / own : own / theirs, spread = sorted(figures);
      ratios.push(ratio);
      return `${show(theirs)} (${digits(ratio)}x)<br>${figures.length > 1 ? `${show(spread[0])} - ${show(spread.at(-1))}` : 'one run'}`;
    });
    const least = Math.min(...ratios);
    return [[words, `${show(own)}<br>${all.length > 1 ? `${show(all[0])} - ${show(all.at(-1))}` : 'one run'}`, ...cells, ratios.length === 0 ? '' : least < 1 ? `**${digits(least)}x**` : `${digits(least)}x`]];
  };
  const head = ['work', 'Chartline', ...shown.map(peer => title[peer]), 'least ratio'];
  const rows_of = (words, suffix, show, better) => Object.entries(words).flatMap(([name, said]) => row(said, `${name}.${suffix}`, show, better));
  // Without the columns in which nobody has anything.
  const with_something = rows => rows.map(row => row.filter((_, column) => rows.slice(1).some(each => each[column] !== '')));
  const version = peer => `${title[peer]} ${results[peer].version?.[0] ?? ''}`.trim();
  const polars = spawnSync('node', ['-p', "require('./bench/peers/node_modules/nodejs-polars/package.json').version"], {encoding: 'utf8'}).stdout.trim();
  const memory = ['chartline', ...shown].filter(who => results[who]['memory.bytes'] && Number.isFinite(median(results[who]['memory.bytes'])))
    .map(who => `${title[who] ?? 'Chartline'} ${digits(median(results[who]['memory.bytes']) / 1e6)} MB`).join(', ');
  const text = `
${Number(ours.events[0]).toLocaleString('en')} events of ${patients.toLocaleString('en')} patients${patients === 100_000 ? ' (`quick`)' : patients === 1_000_000 ? ' (`full`)' : ''}; medians of ${runs} runs in turn, after one that is not counted; below each the least and the most.
${day_and_commit()}. ${circumstances_of_machine()}
${shown.map(version).join(', ').replace('Polars', `Polars (nodejs-polars ${polars})`)}, Node.js ${process.version}. All answers are the same.
Resident memory after all questions, server and client process: ${memory}.

**Questions over everyone, warm**

${table([head, ...rows_of(questions, 'ms', time, 'less')])}
**One patient, warm** (mean of 1,000 patients)

${table([head, ...rows_of(points, 'ms', time, 'less')])}
**Writing, and many at once**

${table([head, ...row('bulk load, all indexes', 'load.seconds', s => time(s * 1000), 'less'), ...row('bytes on disk', 'disk.bytes', n => `${digits(n / 1e6)} MB`, 'less'),
  ...rows_of(rates, 'per_second', rate, 'more'), ...row('FHIR import, JSON', 'fhir.bytes_per_second', n => `${digits(n / 1e6)} MB/s`, 'more')])}
${Object.keys(ours).some(figure => figure.endsWith('.cold_ms')) ? `**Cold** (a new process, and caches of files dropped)\n\n${table(with_something([head, ...rows_of({...questions, ...points}, 'cold_ms', time, 'less')]))}` : ''}
`;
  writeFileSync(path + '.md', text);
  process.stdout.write(text);
  if (page) put_into(page, path + '.md', patients === 1_000_000 ? 'compare-full' : 'compare');
}
