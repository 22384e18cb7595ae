import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, describeWithPostgres, type TestDatabase } from '../../support/postgres.ts';
import { pipeline } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime, lastLine } from '../../support/victims.ts';
import { connected } from './drive.ts';
import { AS_STRINGS, TYPE_SAMPLES, TYPES_SQL } from './type-values.ts';

const ROWS = 200;

/** A column with texts that the server takes for its values. */
interface Column {
  readonly name: string;
  readonly type: string;
  readonly values: readonly (string | null)[];
}

const COLUMNS: readonly Column[] = TYPE_SAMPLES.map(({ type, text }, n) => ({
  name: `c${n}`,
  type,
  values: fc.sample(fc.option(text, { freq: 8 }), { numRuns: ROWS, seed: n }),
}));

/** SQL that gives comparable texts of a column of the source and of its copy; by default both are cast to the source's type. */
const SAME_TEXT: readonly (readonly [type: RegExp, source: (sql: string) => string, copy: (sql: string) => string])[] = [
  [/\[\]$|^(?:texts|place|visit)$/, (sql) => `to_jsonb(${sql})`, (sql) => sql],
  [/^hstore$/, (sql) => `hstore_to_jsonb(${sql})`, (sql) => sql],
  // On the wire JSON's null is SQL's.
  [/^jsonb?$/, (sql) => `nullif(${sql}::jsonb, 'null')`, (sql) => sql],
  [/^char\(8\)$/, (sql) => `rpad(${sql}::text, 8)`, (sql) => sql],
  [/^bit\(1\)$/, (sql) => `${sql} = B'1'`, (sql) => sql],
  [/^timestamp$/, (sql) => sql, (sql) => `${sql} AT TIME ZONE 'UTC'`],
  [/^timestamptz/, (sql) => sql, (sql) => sql],
];

/** What the copy has of each column: its own type, not text for all. */
const TYPES: Readonly<Record<string, string>> = { smallint: 'bigint', integer: 'bigint', numeric: 'numeric', real: 'real', 'double precision': 'double precision', boolean: 'boolean', date: 'date', timestamp: 'timestamp with time zone', timestamptz: 'timestamp with time zone', bytea: 'bytea', jsonb: 'jsonb', uuid: 'uuid', money: 'numeric', 'text[]': 'jsonb', place: 'jsonb' }; // prettier-ignore

describeWithPostgres('tap-postgres into target-postgres, every type', (url) => {
  let source: Client;
  let database: TestDatabase;
  let copy: Client;
  beforeAll(async () => {
    source = await connected(url());
    database = await createTestDatabase();
    copy = await connected(database.url);
    for (const client of [source, copy]) await client.query(`${TYPES_SQL} SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'`);
  });
  afterAll(async () => {
    await Promise.all([source.end(), copy.end()]);
    await database.drop();
  });

  /** Makes the table in a schema of its own, with the first rows. */
  const create = async (schema: string, rows: number): Promise<void> => {
    await source.query(`CREATE SCHEMA ${schema};
      CREATE TABLE ${schema}.everything (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), ${COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
    await insert(schema, 0, rows);
  };
  const insert = async (schema: string, from: number, to: number): Promise<void> => {
    const selected = COLUMNS.map(({ type }, n) => `u.c${n}::${type}`);
    const arrays = ['$1::int[]', ...COLUMNS.map((_, n) => `$${n + 2}::text[]`)];
    await source.query(
      `INSERT INTO ${schema}.everything (id, ${COLUMNS.map(({ name }) => name).join(', ')})
       SELECT u.id, ${selected.join(', ')} FROM unnest(${arrays.join(', ')}) AS u (id, ${COLUMNS.map((_, n) => `c${n}`).join(', ')})`,
      [Array.from({ length: to - from }, (_, n) => from + n), ...COLUMNS.map(({ values }) => values.slice(from, to))],
    );
  };
  /** Each row takes the values of another one, and a later time. */
  const update = (schema: string, where: string): Promise<unknown> =>
    source.query(`UPDATE ${schema}.everything e SET at = clock_timestamp(), ${COLUMNS.map(({ name }) => `${name} = o.${name}`).join(', ')}
      FROM ${schema}.everything o WHERE o.id = (e.id + 7) % 50 AND ${where}`);

  const copied = async (schema: string, metadata: object, state: string | undefined): Promise<string> => {
    const folder = temporaryFolder();
    const path = (name: string, value: string | object): string => {
      writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
      return join(folder, name);
    };
    const streams = [{ tap_stream_id: `${schema}-everything`, metadata: [{ breadcrumb: [], metadata: { selected: true, ...metadata } }] }]; // prettier-ignore
    const tap = {
      url: url(),
      filter_schemas: [schema],
      emit_activate_version_messages: true,
      array_dimensions: 'any',
      ...AS_STRINGS,
    };
    const target = { url: database.url, default_target_schema: schema, load_method: 'upsert', hard_delete: true };
    const load = pipeline([
      { program: 'bin/tap-postgres', args: ['--config', path('tap.json', tap), '--catalog', path('catalog.json', { streams }), ...(state === undefined ? [] : ['--state', path('state.json', state)])] },
      { program: 'bin/target-postgres', args: ['--config', path('target.json', target)] },
    ]); // prettier-ignore
    const { parts, stdout } = await inTime(load);
    expect(parts.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(parts.map(() => [0, '']));
    return lastLine(stdout)!;
  };

  const compare = async (schema: string): Promise<void> => {
    const rows = async (client: Client, expressions: readonly string[]): Promise<unknown[]> => {
      const { rows } = await client.query({
        text: `SELECT id::text, at::text, ${expressions.map((sql) => `(${sql})::text`).join(', ')} FROM ${schema}.everything ORDER BY id`,
        rowMode: 'array',
      });
      return rows as unknown[];
    };
    const { rows: found } = await copy.query<{ name: string; type: string }>(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = $1`,
      [schema],
    );
    const types = new Map(found.map(({ name, type }) => [name, type]));
    const wanted: string[] = [];
    const given: string[] = [];
    for (const { name, type } of COLUMNS) {
      const [, from = (sql: string) => sql, to = (sql: string) => `${sql}::text::${type}`] = SAME_TEXT.find(([pattern]) => pattern.test(type)) ?? []; // prettier-ignore
      wanted.push(from(name));
      given.push(to(name));
      expect([type, types.get(name)]).toEqual([type, TYPES[type] ?? types.get(name)]);
    }
    const all = await rows(source, wanted);
    expect(all.length).toBeGreaterThan(0);
    expect(await rows(copy, given)).toEqual(all);
  };

  it('arrives without a difference by FULL_TABLE, and so does what was changed and deleted since', async () => {
    await create('whole', ROWS);
    const state = await copied('whole', { 'replication-method': 'FULL_TABLE' }, undefined);
    await compare('whole');
    await update('whole', 'e.id % 3 = 0');
    await source.query('DELETE FROM whole.everything WHERE id % 5 = 0');
    await copied('whole', { 'replication-method': 'FULL_TABLE' }, state);
    await compare('whole');
  });

  it('arrives without a difference by INCREMENTAL, and so does what was changed and added since', async () => {
    await create('parts', 120);
    const metadata = { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };
    const state = await copied('parts', metadata, undefined);
    await compare('parts');
    await update('parts', 'e.id % 3 = 0');
    await insert('parts', 120, ROWS);
    await copied('parts', metadata, state);
    await compare('parts');
  });
});
