// What DuckDB answers, for the tests that compare it with the store:
//   node answers.mjs FILE
// FILE holds SQL: what comes before the first line `-- question` makes the tables, what follows each such line is one
// question. Prints `== N` for each question, and its rows a line each: `female, 3`, nothing for NULL.
import {readFileSync} from 'node:fs';
import {DuckDBInstance} from '@duckdb/node-api';

const [tables, ...questions] = readFileSync(process.argv[2], 'utf8').split('-- question\n');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run(tables);
const lines = [];
for (const [number, question] of questions.entries()) {
  lines.push(`== ${number}`);
  for (const row of (await connection.runAndReadAll(question)).getRows()) lines.push(row.map((cell) => cell ?? '').join(', '));
}
console.log(lines.join('\n'));
