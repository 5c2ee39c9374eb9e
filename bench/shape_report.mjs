// Turns the figures of shapes into Markdown, and puts it into docs/benchmarks.md.
//
//   node shape_report.mjs RESULTS.tsv SIZE EVENTS RUNS PAGE.md
//
// What is furthest behind DuckDB stands first; what it was not asked, after all else, slowest first.
import {readFileSync, writeFileSync} from 'node:fs';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, read_results, sorted, table, units} from './markdown.mjs';

const [path, size, events, runs, page] = process.argv.slice(2);
const {chartline, duckdb} = read_results(path);
const ms = n => `${digits(n)} ms`;
const names = Object.keys(chartline).flatMap(figure => figure.match(/^question\.(.*)\.ms$/)?.[1] ?? []);
const shapes = names.map(name => {
  const all = sorted(chartline[`question.${name}.ms`]), ours = median(all), theirs = duckdb[`question.${name}.ms`] && median(duckdb[`question.${name}.ms`]);
  return {name, all, ours, theirs, ratio: theirs / ours};
});
const compared = shapes.filter(one => one.theirs).sort((a, b) => a.ratio - b.ratio), alone = shapes.filter(one => !one.theirs).sort((a, b) => b.ours - a.ours);
const asked = name => `\`${readFileSync(`bench/shapes/${name}.query`, 'utf8').replace(/^#.*\n/gm, '').trim().replaceAll('\n', '; ').replaceAll('|', '\\|')}\``;
const rows = [['shape', 'Chartline', 'least - most', 'first time', 'DuckDB', 'ratio', 'question']];
for (const {name, all, ours, theirs, ratio} of [...compared, ...alone])
  rows.push([name.replaceAll('_', ' '), ms(ours), `${digits(all[0])} - ${digits(all.at(-1))}`, ms(Number(chartline[`question.${name}.first_ms`][0])), theirs ? ms(theirs) : '',
             theirs ? (ratio < 1 ? `**${digits(ratio)}x**` : `${digits(ratio)}x`) : '', asked(name)]);
const report = `
Size \`${size}\`: ${Number(events).toLocaleString('en')} events; medians of ${runs} runs in turn with DuckDB ${duckdb.version[0]}, after one that is not counted.
${day_and_commit()}. ${circumstances_of_machine()}
Every answer that both give is the same; DuckDB is ahead in ${compared.filter(one => one.ratio < 1).length} of ${compared.length}. Disk: Chartline ${units.bytes(median(chartline['disk.bytes']))}, DuckDB ${units.bytes(median(duckdb['disk.bytes']))}.

${table(rows)}
`;
writeFileSync(path + '.md', report);
process.stdout.write(report);
put_into(page, path + '.md', 'shapes');
