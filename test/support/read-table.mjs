// Prints the rows of a Postgres table as JSON lines, nothing if there is none: `node read-table.mjs URL SCHEMA TABLE`.
import process from 'node:process';
import { Client } from 'pg';

const [, , url, schema = '', table = ''] = process.argv;
const client = new Client({ connectionString: url });
await client.connect();
try {
  const place = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`;
  const { rows: found } = await client.query('SELECT to_regclass($1) AS found', [place]);
  // As text: the driver would parse the row, and round its numbers.
  const { rows } =
    found[0].found === null ? { rows: [] } : await client.query(`SELECT row_to_json(t)::text AS line FROM ${place} t`);
  process.stdout.write(rows.map(({ line }) => `${line}\n`).join(''));
} finally {
  await client.end();
}
