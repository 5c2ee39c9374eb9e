// Turns the figures of questions into Markdown, and puts it into docs/benchmarks.md.
//
//   node question_report.mjs RESULTS.tsv SIZE EVENTS RUNS PAGE.md
//
// RESULTS has the runs beside DuckDB under `chartline` and `duckdb`, those without it under `alone`, those with one thread under
// `one_thread`, those with a live feed under `fed`, those as of the end of the load under `as_of`, with how many patients have `changed` since.
import {writeFileSync} from 'node:fs';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, read_results, sorted, table, units} from './markdown.mjs';

// storage.md's table: how many times DuckDB at least, and the aim.
const questions = {
  code_count: ['patients with a code (5 %)', 30, 100],
  care_gap: ['care gap: first diagnosis, no test within a year', 30, 100],
  sequence: ['sequence of three, with a value', 20, 100],
  last_value: ['last value of a year over a threshold, by sex and age', 20, 100],
  monthly: ['monthly counts of one code over 30 years', 20, 100],
  any_value: ['no code: patients with a value over a threshold', 3, 6],
  any_year: ['no code: values over a threshold by year', 3, 6],
};
const ms = n => `${digits(n)} ms`;
const [path, size, events, runs, page] = process.argv.slice(2);
const results = read_results(path);
const {chartline, duckdb, alone, one_thread, fed, as_of} = results;
const time = (who, name) => median(who[`question.${name}.ms`]);

const rows = [['question', 'Chartline', 'least - most', 'DuckDB', 'ratio', 'at least', 'aim', 'reached', 'first time', 'alone', 'one thread', 'with a live feed', 'as of', 'first time as of']];
for (const [name, [work, at_least, aim]] of Object.entries(questions)) {
  const ours = time(chartline, name), theirs = time(duckdb, name), ratio = theirs / ours;
  const all = sorted(chartline[`question.${name}.ms`]);
  const reached = ratio >= aim ? 'yes, and the aim' : ratio >= at_least ? 'yes' : '**no**';
  rows.push([work, ms(ours), `${digits(all[0])} - ${digits(all.at(-1))}`, ms(theirs), `${digits(ratio)}x`, `${at_least}x`, `${aim}x`, reached,
             ms(Number(chartline[`question.${name}.first_ms`][0])), ms(time(alone, name)), `${digits(time(one_thread, name) / time(alone, name))}x`, `${digits(time(fed, name) / time(alone, name))}x`,
             ms(time(as_of, name)), ms(Number(as_of[`question.${name}.first_ms`][0]))]);
}
const slowest_as_of = Math.max(...Object.keys(questions).flatMap(name => [time(as_of, name), Number(as_of[`question.${name}.first_ms`][0])]));
const as_of_reached = slowest_as_of <= 5000 ? 'yes, and the aim' : slowest_as_of <= 30000 ? 'yes' : '**no**';
const report = `
Size \`${size}\`: ${Number(events).toLocaleString('en')} events; medians of ${runs} runs in turn with DuckDB ${duckdb.version[0]}, after one that is not counted.
${day_and_commit()}. ${circumstances_of_machine()}
Every answer is the same in both. Resident memory of Chartline after all questions: ${units.bytes(median(chartline['question.memory.bytes']))}, at
most ${units.bytes(median(chartline['question.memory.peak_bytes']))}. Disk: Chartline ${units.bytes(median(chartline['disk.bytes']))}, DuckDB ${units.bytes(median(duckdb['disk.bytes']))}.

${table(rows)}
"Alone" is the median of three rounds of 20 without DuckDB in between, in turn with as many "with one thread" and "with a live feed" (1,000 commits
a second of mixed patients), which are told in multiples of it. "As of" is the same question
as of the end of the load, after commits about ${Number(as_of.changed[0]).toLocaleString('en')} patients: the answer is again DuckDB's. At least 30 s and an aim of 5 s are asked; reached: ${as_of_reached}.

`;
writeFileSync(path + '.md', report);
process.stdout.write(report);
put_into(page, path + '.md', 'questions');
