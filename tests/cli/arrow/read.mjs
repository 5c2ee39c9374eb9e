// Reads Arrow IPC streams, one behind the other, by Apache Arrow's own library, and prints a line of JSON for each:
//   node read.mjs FILE
import { createReadStream } from 'node:fs';
import { RecordBatchReader } from 'apache-arrow';

const plain = (_, value) => (typeof value === 'bigint' ? `${value}` : value);
const object = (map) => Object.fromEntries(map);

for await (const reader of RecordBatchReader.readAll(createReadStream(process.argv[2]))) {
  const batches = [], rows = [];
  for await (const batch of reader) {
    batches.push(batch.numRows);
    for (let i = 0; i < batch.numRows; ++i) rows.push(batch.schema.fields.map((_, c) => batch.getChildAt(c).get(i)));
  }
  const schema = reader.schema;
  const fields = schema.fields.map((f) => ({ name: f.name, type: `${f.type}`, nullable: f.nullable, ...object(f.metadata) }));
  console.log(JSON.stringify({ ...object(schema.metadata), fields, batches, rows }, plain));
}
