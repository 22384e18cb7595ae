// @ts-check
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { escapeIdentifier } from 'pg';
import { from } from 'pg-copy-streams';
import { data, shape } from './data.mjs';

/** @typedef {import('./postgres.mjs').BenchPostgres} BenchPostgres */

/** The schema of the tables that taps read. */
export const SOURCE = 'source';

/** Columns that are no text. @type {Readonly<Record<string, string>>} */
const TYPES = {
  floor_area_sqm: 'numeric',
  lease_commence_date: 'integer',
  resale_price: 'numeric',
  updated_at: 'timestamptz',
};

/**
 * A table of the data with the types that people give such columns and its key, made once; gives its name in the schema `source`.
 * @param {BenchPostgres} postgres @param {'resale' | 'customers'} name @param {number} rows
 */
export async function sourceTable(postgres, name, rows) {
  const { columns, keys } = shape(name);
  return made(postgres, `${name}_${rows}`, async (table) => {
    const typed = columns.map((column) => `${escapeIdentifier(column)} ${TYPES[column] ?? 'text'}`);
    const key = keys.length === 0 ? [] : [`PRIMARY KEY (${keys.map(escapeIdentifier).join(', ')})`];
    await postgres.client.query(`CREATE TABLE ${table} (${[...typed, ...key].join(', ')})`);
    await pipeline(
      createReadStream(await data(name, rows, 'csv'), { highWaterMark: 262_144 }),
      postgres.client.query(from(`COPY ${table} FROM STDIN WITH (FORMAT csv, HEADER)`)),
    );
  });
}

/**
 * The sales with a number and a time of their last change, which has an index: nearly in the order in which the rows lie, a few rows to
 * each second. Gives the table's name, the key by which it is read, and the order in which INCREMENTAL reads it.
 * @param {BenchPostgres} postgres @param {number} rows
 */
export async function changesTable(postgres, rows) {
  const sales = await sourceTable(postgres, 'resale', rows);
  const table = await made(postgres, `changes_${rows}`, async (table) => {
    await postgres.client.query(
      `CREATE TABLE ${table} AS SELECT n AS id, sale.*, timestamptz '2024-01-01' + (n / 3 + n * 7919 % 100) * interval '1 second' AS changed_at
       FROM (SELECT row_number() OVER () AS n, * FROM ${SOURCE}.${sales}) AS numbered (n, ${shape('resale').columns.join(', ')})
       CROSS JOIN LATERAL (SELECT ${shape('resale').columns.join(', ')}) AS sale`,
    );
    await postgres.client.query(`ALTER TABLE ${table} ADD PRIMARY KEY (id), ALTER changed_at SET NOT NULL`);
    await postgres.client.query(`CREATE INDEX ON ${table} (changed_at)`);
  });
  return { table, replicationKey: 'changed_at', order: 'changed_at, id' };
}

/** @param {BenchPostgres} postgres @param {string} name @param {(table: string) => Promise<void>} make */
async function made(postgres, name, make) {
  const table = `${SOURCE}.${name}`;
  const { rows } = await postgres.client.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (rows[0].there) return name;
  await postgres.client.query(`CREATE SCHEMA IF NOT EXISTS ${SOURCE}`);
  await make(table);
  // As in a table that has stood for a while.
  await postgres.client.query(`VACUUM (ANALYZE) ${table}`);
  return name;
}

/** The config by which tap-postgres reads one table. @param {BenchPostgres} postgres @param {string} table @param {Record<string, unknown>} [more] */
export function sourceConfig(postgres, table, more = {}) {
  return { ...postgres.connection(), filter_schemas: [SOURCE], tables: [table], ...more };
}
