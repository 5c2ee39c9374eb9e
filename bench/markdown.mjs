// What the reports have in common: medians, units, tables, and a page's place between two markers.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {cpus, release, totalmem} from 'node:os';

// A report into the page, between <!-- SECTION: begin --> and <!-- SECTION: end -->.
export function put_into(page, report, section) {
  const begin = `<!-- ${section}: begin -->`, end = `<!-- ${section}: end -->`;
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin), to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} lacks the markers ${begin} and ${end}`);
  writeFileSync(page, text.slice(0, from + begin.length) + '\n' + readFileSync(report, 'utf8') + text.slice(to));
}

// who -> figure -> amounts, one for each run
export function read_results(path) {
  const results = {};
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const [who, figure, amount] = line.split('\t');
    ((results[who] ??= {})[figure] ??= []).push(amount);
  }
  return results;
}

export const sorted = amounts => amounts.map(Number).sort((a, b) => a - b);
export function median(amounts) {
  const all = sorted(amounts), middle = all.length >> 1;
  return all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

export const digits = n => (n >= 100 ? n.toLocaleString('en', {maximumFractionDigits: 0}) : Number(n.toPrecision(3)).toString());
export const units = {
  us: n => `${digits(n)} µs`,
  s: n => `${digits(n)} s`,
  rate: n => (n >= 1e6 ? `${digits(n / 1e6)} M/s` : `${digits(n)} /s`),
  bytes: n => `${digits(n / 1e6)} MB`,
  plain: digits,
};

export const table = rows => rows.map((row, i) => `| ${row.join(' | ')} |\n` + (i === 0 ? `|${row.map(() => '---|').join('')}\n` : '')).join('');

export const said = (program, ...words) => execFileSync(program, words, {encoding: 'utf8'}).trim();

export function day_and_commit() {
  const changed = said('git', 'status', '--porcelain', '--untracked-files=no', '--', 'base', 'formats', 'engine', 'query', 'bench').length > 0;
  return new Date().toISOString().slice(0, 10) + ', commit ' + said('git', 'rev-parse', '--short', 'HEAD') + (changed ? ' and what was not committed yet' : '');
}

export const circumstances_of_machine = () =>
  `Machine: ${cpus().length} cores (${cpus()[0].model.trim()}), ${digits(totalmem() / 2 ** 30)} GiB of memory, Linux ${release().split("-")[0]}.`;
