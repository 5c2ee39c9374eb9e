// DuckDB as its users would load these events: the CSV into one table, sorted by patient and time, with every core.
//
//   node duckdb_peer.mjs load CSV DATABASE
import {rmSync, statSync} from 'node:fs';
import {DuckDBInstance} from '@duckdb/node-api';

const load = csv => `
  CREATE TABLE events AS
  SELECT * FROM read_csv('${csv.replaceAll("'", "''")}', header = true,
                         columns = {patient: 'INTEGER', time: 'TIMESTAMP', code: 'VARCHAR', value: 'DOUBLE'})
  ORDER BY patient, time`;

// The sums of Fingerprint in bench/measure.h.
const fingerprint = `
  WITH facts AS (
    SELECT patient, code, epoch(time)::BIGINT AS seconds, CASE WHEN value IS NULL THEN -1 ELSE round(value * 100)::BIGINT END AS hundredths FROM events)
  SELECT count(*) || '/' || count(*) FILTER (hundredths >= 0) || '/' || sum(hundredths) FILTER (hundredths >= 0) || '/' || sum(seconds) || '/' ||
         sum((seconds % 86423 + length(code) * 128 + ascii(right(code, 1))) * (hundredths + 2) % 1000003 * (patient % 1009 + 1))
  FROM facts`;

const report = (figure, amount) => console.log(`duckdb\t${figure}\t${amount}`);

const [verb, csv, path] = process.argv.slice(2);
if (verb !== 'load' || !path) {
  console.error('usage: duckdb_peer.mjs load CSV DATABASE');
  process.exit(2);
}
for (const file of [path, path + '.wal']) rmSync(file, {force: true});
const start = performance.now();
const instance = await DuckDBInstance.create(path);
const connection = await instance.connect();
await connection.run(load(csv));
await connection.run('CHECKPOINT');
report('load.seconds', (performance.now() - start) / 1000);
report('load.peak_rss_bytes', process.resourceUsage().maxRSS * 1024);
report('disk.bytes', statSync(path).size);
report('version', (await connection.runAndReadAll('SELECT version()')).getRows()[0][0]);
report('fingerprint', (await connection.runAndReadAll(fingerprint)).getRows()[0][0]);
