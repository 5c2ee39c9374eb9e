// A store within a process of Node.js, answering as bench/compare/serve.h says.
import {createInterface} from 'node:readline';
import {readFileSync} from 'node:fs';

export const written_code = 'local|written', measured_code = 'loinc|8480-6';
export const concurrent_questions = ['code_count', 'care_gap', 'last_value', 'rare_code'];
export const last_year = ['2024-01-01', '2025-01-01'];
export const rows_of_csv = path => readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);

// `answers`: verb -> async function of the words behind it; gives what is told beside the time. A time of its own as `ms` counts instead.
export async function serve(answers) {
  for await (const line of createInterface({input: process.stdin})) {
    const [verb, ...words] = line.split(' ');
    const start = performance.now();
    const answer = verb === 'memory' ? {bytes: process.memoryUsage.rss()} : await answers[verb](...words);
    console.log(JSON.stringify({ms: performance.now() - start, ...answer}));
  }
}
