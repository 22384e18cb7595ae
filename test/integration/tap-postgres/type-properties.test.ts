import * as fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseExact, stringifyExact } from '../../../singer/json-text.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected } from './drive.ts';
import { readLanes } from './lanes.ts';
import { AS_STRINGS, TYPE_SAMPLES, TYPES_SQL, type TypeSample } from './type-values.ts';

/** What the role that reads was given for its sessions. */
const DEFAULTS = ["DateStyle = 'German'", "IntervalStyle = 'postgres_verbose'", "bytea_output = 'escape'", "TimeZone = 'America/St_Johns'", 'extra_float_digits = -15', 'standard_conforming_strings = off']; // prettier-ignore

interface Table {
  readonly columns: readonly TypeSample[];
  /** Texts that the server takes for values, column by column. */
  readonly values: readonly (readonly (string | null)[])[];
}

const table: fc.Arbitrary<Table> = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...TYPE_SAMPLES), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 30 }))
  .chain(([columns, rows]) => {
    const values = columns.map(({ text }) => fc.array(fc.option(text, { freq: 8 }), { minLength: rows, maxLength: rows }));
    return fc.tuple(...values).map((values) => ({ columns, values }));
  });

const settings = fc.record({
  special_numbers: fc.constantFrom('null', 'string', 'fail'),
  temporal_out_of_range: fc.constantFrom('null', 'clamp', 'string', 'fail'),
  decimal_handling: fc.constantFrom('number', 'string', 'singer.decimal'),
  json_handling: fc.constantFrom('any', 'string'),
  binary_handling: fc.constantFrom('base64', 'hex'),
  money_handling: fc.constantFrom('number', 'string'),
  bit_handling: fc.constantFrom('boolean', 'string'),
  interval_handling: fc.constantFrom('duration', 'seconds'),
  range_handling: fc.constantFrom('string', 'object'),
  composite_handling: fc.constantFrom('object', 'string'),
  timestamp_zone: fc.constantFrom('UTC', 'Asia/Kathmandu'),
  trim_char: fc.boolean(),
  dates_as_string: fc.boolean(),
});

describeWithPostgres('tap-postgres and random tables', (url) => {
  let client: Client;
  let reader: URL;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`${TYPES_SQL} SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET lc_monetary = 'C'; CREATE ROLE properties_reader LOGIN SUPERUSER;
      ${DEFAULTS.map((setting) => `ALTER ROLE properties_reader SET ${setting}`).join('; ')}`);
    reader = new URL(url());
    reader.username = 'properties_reader';
  });
  afterAll(async () => {
    await client.query('DROP ROLE properties_reader');
    await client.end();
  });

  const fill = async ({ columns, values }: Table): Promise<void> => {
    const names = columns.map((_, n) => `c${n}`);
    await client.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (${columns.map(({ type }, n) => `c${n} ${type}`).join(', ')})`);
    const arrays = names.map((_, n) => `$${n + 1}::text[]`);
    await client.query(
      `INSERT INTO t SELECT ${columns.map(({ type }, n) => `u.c${n}::${type}`).join(', ')} FROM unnest(${arrays.join(', ')}) AS u (${names.join(', ')})`,
      [...values],
    );
  };

  it('are sent the same through both lanes, and as the server itself makes JSON of them', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (table) => {
        await fill(table);
        const expressions = table.columns.map(({ expected }, n) => `coalesce((${expected(`c${n}`)})::text, 'null')`);
        const { rows } = await client.query({ text: `SELECT ${expressions.join(', ')} FROM t`, rowMode: 'array' });
        const expected = (rows as string[][]).map((cells) => `{${cells.map((cell, n) => `"c${n}":${table.columns[n]!.spaced ? packed(cell) : cell}`).join(',')}}`); // prettier-ignore
        const { fast, general } = await readLanes(reader.href, 'public-t', { tables: ['public.t'], ...AS_STRINGS });
        expect(fast.error).toBeUndefined();
        expect(fast.records).toEqual(expected);
        expect(general).toEqual(fast);
      }),
      { numRuns: 60 },
    );
  });

  it('are sent the same through both lanes whatever the settings say', async () => {
    await fc.assert(
      fc.asyncProperty(table, settings, async (table, settings) => {
        await fill(table);
        const { fast, general } = await readLanes(reader.href, 'public-t', { tables: ['public.t'], ...settings });
        expect(String(general.error)).toBe(String(fast.error));
        // A value that ends the run ends it in the midst of a batch of either lane.
        if (fast.error === undefined) expect(general).toEqual(fast);
        else
          expect(fast.error).toMatchObject({ code: expect.stringMatching(/^(?:special-number|time-out-of-range)$/) as string });
      }),
      { numRuns: 60 },
    );
  });
});

function packed(json: string): string {
  return stringifyExact(parseExact(json));
}
