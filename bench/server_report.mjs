// Turns the figures of the server into Markdown, and puts it into docs/benchmarks.md.
//
//   node server_report.mjs RESULTS.tsv SIZE RUNS AUDIT SOCKETS PAGE.md
import {writeFileSync} from 'node:fs';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, read_results, table, units} from './markdown.mjs';

const [path, size, runs, audit, sockets, page] = process.argv.slice(2);
const {chartline, postgres, bound} = read_results(path);
const of = (who, figure) => median(who[figure]);
const p99 = (who, figure) => `${units.us(of(who, `${figure}.p50_us`))} / ${units.us(of(who, `${figure}.p99_us`))}`;
const verdict = (ratio, least) => (ratio >= least ? 'yes' : '**no**');

const timelines = of(chartline, 'server.timeline.per_second'), calls = of(bound, 'server.call.per_second');
const rows = [['work', 'Chartline', 'median / p99', 'beside it', 'ratio', 'at least', 'reached']];
const against = (work, figure, peer, who, peer_figure, least, per = 1) => {
  const ours = of(chartline, `${figure}.per_second`) * per, theirs = of(who, `${peer_figure}.per_second`) * per, ratio = ours / theirs;
  rows.push([work, units.rate(ours), p99(chartline, figure), `${peer}: ${units.rate(theirs)}`, `${digits(ratio)}x`, `${least}x`, verdict(ratio, least)]);
};
against('timeline of ~100 events, 64 clients', 'server.timeline', 'PostgreSQL', postgres, 'server.timeline', 2.5);
against('the same, of the empty call', 'server.timeline', 'empty call', bound, 'server.call', audit === 'on' ? 0.6 : 0.75);
against('1,000 timelines in one call, timelines', 'server.timelines', 'PostgreSQL', postgres, 'server.timeline', 10);
against('durable commits of one event, 64 clients', 'server.commit_1', 'PostgreSQL', postgres, 'commit.loaded.writers_64', 1.5);
against('durable batches of 100 events, events', 'server.commit_100', 'PostgreSQL', postgres, 'commit.loaded.events_100.writers_64', 10, 100);

const after = of(chartline, 'after_writes.per_second');
rows.push(['timelines after these writes, while they are folded', units.rate(after), p99(chartline, 'after_writes'), `before: ${units.rate(timelines)}`, `${digits(after / timelines)}x`, '', '']);

const first = of(chartline, 'server.first_row.p50_us'), resident = of(chartline, 'server.idle.resident_bytes');
rows.push(['first row of a cohort list', units.us(first), p99(chartline, 'server.first_row'), '', '', '10 ms', verdict(10_000 / first, 1)]);
rows.push(['2,000 idle sessions: resident', units.bytes(resident), `${digits(of(chartline, 'server.idle.bytes_each') / 1024)} KiB each`, '', '', '1 GiB', verdict(2 ** 30 / resident, 1)]);
const idle = of(chartline, 'idle_one.p99_us'), beside = of(chartline, 'beside_scans.p99_us');
rows.push(['p99 of a timeline beside endless scans', units.us(beside), p99(chartline, 'beside_scans'), `alone: ${units.us(idle)}`, `${digits(beside / idle)}x`, 'below 5x', verdict(5 * idle / beside, 1)]);

const report = `
Size \`${size}\`, audit \`${audit}\`, sockets \`${sockets}\`; medians of ${runs} runs in turn. ${day_and_commit()}. ${circumstances_of_machine()}
A timeline has ${digits(of(chartline, 'server.timeline.events'))} events and takes ${digits(of(chartline, 'server.timeline.bytes'))} bytes. ${units.rate(timelines)} of ${units.rate(calls)} empty calls.

${table(rows)}
`;
writeFileSync(path + '.md', report);
process.stdout.write(report);
put_into(page, path + '.md', 'server');
