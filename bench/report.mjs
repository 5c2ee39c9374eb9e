// Turns the measured figures into Markdown.
//
//   node report.mjs RESULTS.tsv DECODE.json SIZE RUNS LOG_EVENTS      prints the report
//   node report.mjs --into PAGE.md REPORT.md                          puts it between the markers of the page
import {readFileSync} from 'node:fs';
import {circumstances_of_machine, day_and_commit, digits, median, put_into, read_results, said, sorted, table, units} from './markdown.mjs';

const write_buffers_mib = 64;  // of StoreOptions
function unit_of(figure) {
  if (figure.endsWith('_us')) return units.us;
  if (figure.endsWith('per_second')) return units.rate;
  if (figure.endsWith('core_second')) return units.rate;
  if (figure.endsWith('seconds')) return units.s;
  return figure.endsWith('bytes') ? units.bytes : units.plain;
}

// One line of the comparison. `better` says which of two amounts is ahead; the ratio is how many times ahead Chartline is.
function against_peer(results, {work, figure, of_peer = figure, peer, better, at_least, aim}) {
  const show = unit_of(figure);
  const ours = median(results.chartline[figure]), theirs = median(results[peer][of_peer]);
  const ratio = better === 'less' ? theirs / ours : ours / theirs;
  const reached = ratio >= aim ? 'yes, and the aim' : ratio >= at_least ? 'yes' : '**no**';
  return [work, show(ours), `${peer} ${show(theirs)}`, `${ratio.toFixed(2)}x`, `${digits(at_least)}x`, aim === Infinity ? '-' : `${digits(aim)}x`, reached];
}

function against_bound({work, amount, show, better, bound}) {
  const reached = better === 'less' ? amount <= bound : amount >= bound;
  return [work, show(amount), '-', `${(better === 'less' ? bound / amount : amount / bound).toFixed(2)}x`, show(bound), '-', reached ? 'yes' : '**no**'];
}

// The best instruction set for each length of run: median events a second over the repetitions.
function decoding(path) {
  const rates = {}, best = {};
  for (const each of JSON.parse(readFileSync(path, 'utf8')).benchmarks)
    if (each.run_type === 'iteration' && each.items_per_second > 0) (rates[each.run_name] ??= []).push(each.items_per_second);
  for (const [name, all] of Object.entries(rates)) {
    const key = `runs of ${/rows:(\d+)/.exec(name)[1]} rows${name.includes('timed:1') ? ', timed' : ''}`;
    best[key] = Math.max(best[key] ?? 0, median(all));
  }
  return best;
}

function comparison(results, decoded, log_events) {
  const ours = figure => median(results.chartline[figure]);
  const rows = [['work', 'Chartline', 'peer', 'ratio', 'at least', 'aim', 'reached']];
  const peers = [
    {work: 'whole timeline, everything cached', figure: 'timeline.warm.mean_us', peer: 'sqlite', better: 'less', at_least: 5, aim: Infinity},
    {work: 'whole timeline with the text of codes, everything cached', figure: 'timeline_texts.warm.mean_us', peer: 'sqlite', better: 'less', at_least: 5, aim: Infinity},
    {work: 'whole timeline, a tenth cached', figure: 'timeline.tenth.mean_us', peer: 'sqlite', better: 'less', at_least: 5, aim: Infinity},
    {work: 'whole timeline, as much memory for both: a tenth of the file of SQLite', figure: 'timeline.same_memory.mean_us', of_peer: 'timeline.tenth.mean_us', peer: 'sqlite', better: 'less', at_least: 1, aim: Infinity},
    {work: 'bulk load of the CSV, all indexes', figure: 'load.seconds', peer: 'duckdb', better: 'less', at_least: 1, aim: 1.5},
    {work: 'durable commits of one event, 64 writers, all events loaded before', figure: 'commit.loaded.writers_64.per_second', peer: 'postgres', better: 'more', at_least: 3, aim: 6},
    {work: 'durable commits of one event, 64 writers, into an empty store', figure: 'commit.empty.writers_64.per_second', peer: 'postgres', better: 'more', at_least: 3, aim: 6},
    {work: 'bytes on disk, all indexes', figure: 'disk.bytes', peer: 'duckdb', better: 'less', at_least: 1 / 1.3, aim: 1},
  ];
  for (const each of peers) rows.push(against_peer(results, each));
  rows.push(against_bound({work: 'whole timeline, everything cached (the aim of 5 µs)', amount: ours('timeline.warm.mean_us'), show: units.us, better: 'less', bound: 5}));
  for (const [runs, rate] of Object.entries(decoded))
    rows.push(against_bound({work: `decode (time, code), one core, ${runs}`, amount: rate, show: units.rate, better: 'more', bound: 3e8}));
  for (const each of [1, 10, 100])
    rows.push(against_bound({work: `fold, one core, ${each} events a patient`, amount: ours(`fold.each_${each}.events_per_core_second`), show: units.rate, better: 'more', bound: 2e6}));
  rows.push(against_bound({work: `start-up with ${digits(log_events)} unfolded events`, amount: ours('start_up.seconds'), show: units.s, better: 'less', bound: 2}));
  rows.push(against_bound({work: 'memory added by reading everything, bounds of a tenth of the store',
                           amount: ours('memory.peak_rss_bytes') - ours('memory.before_bytes'), show: units.bytes, better: 'less', bound: ours('memory.bound_bytes')}));
  for (const [figure, amounts] of Object.entries(results.chartline)) {
    const memory = /^load_in_(\d+)M\.peak_rss_bytes$/.exec(figure);
    if (!memory) continue;
    const mib = Number(memory[1]), bound = (2 * mib + write_buffers_mib) * 2 ** 20;
    rows.push(against_bound({work: `memory of an import, ${mib} MiB to sort in, ${mib} MiB of caches, ${write_buffers_mib} MiB of write buffers`,
                             amount: median(amounts), show: units.bytes, better: 'less', bound}));
  }
  return table(rows);
}

function every_figure(results) {
  const rows = [['figure', 'of', 'median', 'least', 'most', 'runs']];
  for (const [who, figures] of Object.entries(results)) {
    for (const [figure, amounts] of Object.entries(figures)) {
      if (figure === 'fingerprint' || figure === 'version') continue;
      const show = unit_of(figure), all = sorted(amounts);
      rows.push([`\`${figure}\``, who, show(median(amounts)), show(all[0]), show(all.at(-1)), all.length]);
    }
  }
  return table(rows);
}


function circumstances(results, size, runs) {
  const [events] = results.chartline.fingerprint[0].split('/');
  const versions = said('dpkg-query', '--show', '--showformat=${Package} ${Version}\n', 'librocksdb-dev', 'libsqlite3-dev', 'postgresql', 'g++').replaceAll('\n', '; ');
  return [
    `Size \`${size}\`: ${Number(events).toLocaleString('en')} events; medians of ${runs} runs, measured in turn. ${day_and_commit()}.`,
    circumstances_of_machine(),
    `Versions: ${versions}; DuckDB ${results.duckdb.version[0]}, Node.js ${process.version}.`,
    `All stores agree on the fingerprint of the events: \`${results.chartline.fingerprint[0]}\`.`,
  ].join('\n');
}

const words = process.argv.slice(2);
if (words[0] === '--into') {
  put_into(words[1], words[2], 'figures');
} else {
  const [path, decode, size, runs, log_events] = words;
  const results = read_results(path);
  console.log(`\n${circumstances(results, size, runs)}\n`);
  console.log('### Against the targets\n');
  console.log(comparison(results, decoding(decode), Number(log_events)));
  console.log('### Every figure\n');
  console.log(every_figure(results));
}
