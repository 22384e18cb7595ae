import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LINES, postgresTypes } from '../../../scripts/postgres-types.mjs';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected } from './drive.ts';
import { readLanes } from './lanes.ts';

/** SQL of types that the page calls otherwise. */
const MADE: Readonly<Record<string, string>> = { 'an enum': 'mood', 'a composite type': 'address' };
/** Extensions that no test server has, and what is no type. */
const ELSEWHERE = new Set(['geometry', 'vector', 'any other type']);
/** What the server is given where what it writes is of another form. */
const GIVEN: Readonly<Record<string, string>> = { 'Europe/Berlin': '2026-01-31 12:00:00.123456' };

describeWithPostgres('docs/types.md', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE EXTENSION IF NOT EXISTS hstore; CREATE TYPE mood AS ENUM ('sad', 'glad');
      CREATE TYPE address AS (street text, number integer)`);
  });
  afterAll(() => client.end());

  it('says what tap-postgres sends of a value', async () => {
    const page = await postgresTypes();
    const lines = LINES.map(([type, text, settings = {}], n) => ({ type: type.text, text, settings, value: page[n]![4]! }));
    const shown = lines.filter(({ type, value }) => !ELSEWHERE.has(type) && value !== 'left out');
    for (const settings of new Set(shown.map((line) => JSON.stringify(line.settings)))) {
      const columns = shown.filter((line) => JSON.stringify(line.settings) === settings);
      const types = columns.map(({ type }, c) => `c${c} ${MADE[type] ?? type} NOT NULL`);
      await client.query(`DROP TABLE IF EXISTS page; CREATE TABLE page (${types.join(', ')})`);
      await client.query(
        `INSERT INTO page VALUES (${columns.map((_, c) => `$${c + 1}`).join(', ')})`,
        columns.map(({ text, settings }) => GIVEN[String(settings['timestamp_zone'])] ?? text),
      );
      const { fast, general } = await readLanes(url(), 'public-page', { ...columns[0]!.settings, tables: ['page'] });
      const record = `{${columns.map(({ value }, c) => `"c${c}":${value.slice(1, -1)}`).join(',')}}`;
      expect([fast.records, general.records], settings).toEqual([[record], [record]]);
    }
  });
});
