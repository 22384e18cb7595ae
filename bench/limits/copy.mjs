// COPY of a CSV file through the pg driver: the limit where psql is missing. Arguments: URL, table, file.
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from } from 'pg-copy-streams';

const [url, table, file] = process.argv.slice(2);
const client = new Client({ connectionString: url });
await client.connect();
await pipeline(
  createReadStream(file, { highWaterMark: 262_144 }),
  client.query(from(`COPY ${table} FROM STDIN WITH (FORMAT csv, HEADER)`)),
);
await client.end();
