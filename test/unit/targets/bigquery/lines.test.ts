import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../singer/errors.ts';
import type { JsonSchema } from '../../../../singer/json.ts';
import type { StreamHeader } from '../../../../singer/target/destination.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { createValidator } from '../../../../singer/target/validate.ts';
import { createRowEncoder } from '../../../../targets/bigquery/parts/encoder.ts';
import type { RowPlan } from '../../../../targets/bigquery/parts/row-plan.ts';
import { planTable, type KnownColumn } from '../../../../targets/bigquery/tables/plan.ts';
import { CHANGES, TYPES, type ColumnType } from '../../../../targets/bigquery/types/types.ts';
import { spellings } from '../../../support/json-lines.ts';
import { encodeLines, type Encoded, type Lines } from '../../../support/lane-lines.ts';
import { lineText, randomSchemas, tidyLine } from '../../../support/random-lines.ts';

/** More for a longer search: the property has to hold for any number. */
const RUNS = Number(process.env['SOAK_RUNS'] ?? 400);
const RUN = {
  startedAt: new Date(1_700_000_000_000),
  clock: { receivedAt: new Date(1_700_000_001_234), batchedAt: new Date(1_700_000_001_000) },
};
const STREAM = 'a "stream" ключ';
const compile = createValidator();

interface Setup extends Encoded {
  readonly plan: RowPlan;
}

interface Options {
  readonly keys?: readonly string[];
  readonly denormalized?: boolean;
  readonly metadata?: boolean;
  readonly validated?: boolean;
  /** Columns that the table has, by property. */
  readonly there?: Readonly<Record<string, ColumnType>>;
  readonly numberType?: 'float64' | 'numeric' | 'bignumeric' | 'string';
}

function setup(schema: JsonSchema, options: Options = {}): Setup {
  const { keys = [], denormalized = true, metadata = true, validated = true, there = {}, numberType = 'float64' } = options;
  const header: StreamHeader = { stream: STREAM, schema, columns: columnsOf(schema), keys, notesChanges: false };
  const known = new Map<string, KnownColumn>(Object.entries(there).map(([name, type]) => [name.toLowerCase(), { name, type }]));
  // With notes of changes a changed value needs no second try.
  if (metadata) known.set(CHANGES, { name: CHANGES, type: { type: 'JSON' } });
  const types = { numberType };
  const how = { method: 'append', hardDelete: false, view: false, casing: 'keep', nested: false } as const;
  const plan = planTable(header, 't', known, { denormalized, metadata, types, ...how });
  return { header, plan: plan.row, validate: validated ? compile(schema) : undefined };
}

function read(given: Setup, lines: readonly string[], fast: boolean, learnAfter = 1): Lines & { readonly changes: string[] } {
  const changes: string[] = [];
  const encoder = createRowEncoder(given.plan, RUN, {
    validated: given.validate !== undefined,
    learnAfter,
    onChange: (column, reason) => changes.push(`${column} ${reason}`),
  });
  return { ...encodeLines(given, encoder, lines, fast), changes: changes.toSorted() };
}

/** Any column type that a table can have, decimals with a size too. */
const columnTypes: fc.Arbitrary<ColumnType> = fc.oneof(
  fc.constantFrom(...TYPES).map((type) => ({ type })),
  fc.constantFrom({ type: 'NUMERIC', precision: 6, scale: 2 }, { type: 'BIGNUMERIC', precision: 20, scale: 0 } as const),
);

describe('the fast lane of load files', () => {
  it('writes the very bytes of the general lane for every line it takes, and takes valid lines only', () => {
    let fast = 0;
    let rows = 0;
    const options = fc.record({
      denormalized: fc.boolean(),
      metadata: fc.boolean(),
      validated: fc.boolean(),
      numberType: fc.constantFrom('float64', 'numeric', 'bignumeric', 'string'),
      there: fc.dictionary(fc.constantFrom('id', 'a', 'b', 'name', 'record', 'type'), columnTypes, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(randomSchemas, options, spellings, fc.gen(), ({ schema, keys, names }, chosen, spelling, g) => {
        let given: Setup;
        try {
          given = setup(schema, { ...chosen, keys });
        } catch (error) {
          // No column at all, or a key that the column cannot keep.
          if (error instanceof SystemError) return;
          throw error;
        }
        const lines = Array.from({ length: 1 + g(fc.nat, { max: 11 }) }, () => lineText(g, schema, names, spelling, STREAM));
        const whole = lines.filter((line) => !line.includes('\n'));
        const actual = read(given, whole, true);
        fast += actual.fast;
        rows += actual.rows;
        expect({ ...actual, fast: 0 }).toEqual(read(given, whole, false));
      }),
      // Shrinking what `gen` made takes ages; the seed is enough to look into it.
      { numRuns: RUNS, endOnFailure: true },
    );
    // A lane that takes hardly any line would prove nothing.
    expect(fast / rows).toBeGreaterThan(0.3);
  });

  it.each([true, false])(
    'takes every tidy line, in any order of names, with any of them missing (denormalized %s)',
    (denormalized) => {
      const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !/\p{Surrogate}/u.test(value));
      const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString());
      const records = fc.record(
        {
          text,
          whole: fc.oneof(
            fc.integer(),
            fc.maxSafeInteger().filter((value) => Math.abs(value) > 1e15 || value > 0),
            fc.constant(null),
          ),
          number: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
          money: fc
            .integer({ min: -99_999, max: 99_999 })
            .filter((cents) => cents !== 0)
            .map((cents) => (cents / 100).toFixed(2)),
          price: fc.integer({ min: 1, max: 99_999 }).map((cents) => cents / 100),
          flag: fc.boolean(),
          at: time,
          day: time.map((at) => at.slice(0, 10)),
          hour: time.map((at) => at.slice(11, 23)),
          id: fc.uuid(),
          bytes: fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes).toString('base64')),
          list: fc.array(fc.oneof(text, fc.boolean(), fc.integer()), { maxLength: 4 }),
          object: fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'ключ'), text, { maxKeys: 3 }),
        },
        { requiredKeys: [], noNullPrototype: true },
      );
      const properties = {
        text: { type: 'string' },
        whole: { type: ['null', 'integer'] },
        number: { type: 'number' },
        money: { type: 'string', format: 'singer.decimal' },
        price: { type: 'number', multipleOf: 0.01 },
        flag: { type: 'boolean' },
        at: { type: 'string', format: 'date-time' },
        day: { type: 'string', format: 'date' },
        hour: { type: 'string', format: 'time' },
        id: { type: 'string', format: 'uuid' },
        bytes: { type: 'string', contentEncoding: 'base64' },
        list: { type: 'array' },
        object: { type: 'object' },
      };
      const tidy = setup({ type: 'object', properties }, { denormalized });
      fc.assert(
        fc.property(
          fc.array(records, { minLength: 1, maxLength: 20 }),
          spellings,
          fc.nat({ max: 3 }),
          (rows, spelling, learnAfter) => {
            const lines = rows.map((row) => tidyLine(row, spelling, STREAM));
            const actual = read(tidy, lines, true, learnAfter);
            expect({ ...actual, fast: 0 }).toEqual(read(tidy, lines, false));
            expect(actual.fast).toBe(rows.length);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});
