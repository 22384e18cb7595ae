import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../../singer/json.ts';
import type { StreamHeader } from '../../../../singer/target/destination.ts';
import { BlockPool, ByteBlocks } from '../../../../singer/target/blocks.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { createValidator, type Validate } from '../../../../singer/target/validate.ts';
import { createCopyEncoder, type CopyOptions, type CopyPlan } from '../../../../targets/postgres/copy/encoder.ts';
import { columnType, type MetadataColumn, METADATA_TYPES } from '../../../../targets/postgres/types/types.ts';
import { spellings } from '../../../support/json-lines.ts';
import { encodeLines, type Lines } from '../../../support/lane-lines.ts';
import { lineText, randomSchemas, tidyLine } from '../../../support/random-lines.ts';

const compile = createValidator();
/** More for a longer search: the property has to hold for any number. */
const RUNS = Number(process.env['SOAK_RUNS'] ?? 400);
const RUN = {
  startedAt: new Date(1_700_000_000_000),
  clock: { receivedAt: new Date(1_700_000_001_234), batchedAt: new Date(1_700_000_001_000) },
};

/** All our columns: the rare ones, too, which the fast lane leaves null. */
const OURS = Object.keys(METADATA_TYPES) as MetadataColumn[];

interface Setup {
  readonly header: StreamHeader;
  readonly plan: CopyPlan;
  readonly validate: Validate | undefined;
}

function setup(schema: JsonSchema, keys: readonly string[], metadata: boolean, validated = true): Setup {
  const header = { stream: 'a "stream" ключ', schema, columns: columnsOf(schema), keys, notesChanges: false };
  const columns = header.columns.flatMap((column) => {
    const type = columnType(column);
    return type === undefined ? [] : [{ name: column.name, target: column.name, pgType: type.type, column }];
  });
  const plan = { header, columns, metadata: metadata ? OURS : [] };
  return { header, plan, validate: validated ? compile(schema) : undefined };
}

interface Outcome extends Lines {
  readonly changes: readonly string[];
}

/** Reads lines as the core does; `fast` false: by the general lane alone. Lines that the core would refuse are left out. */
function read(given: Setup, lines: readonly string[], fast: boolean, options: Partial<CopyOptions> = {}): Outcome {
  const changes: string[] = [];
  const encoder = createCopyEncoder(given.plan, RUN, {
    validated: given.validate !== undefined,
    nulPolicy: 'strip',
    timePolicy: 'fail',
    learnAfter: 1,
    onChange: (column, reason) => changes.push(`${column} ${reason}`),
    ...options,
  });
  return { ...encodeLines(given, encoder, lines, fast), changes: changes.toSorted() };
}

describe('the fast lane', () => {
  it('writes the very bytes of the general lane for every line it takes, and takes valid lines only', () => {
    let fast = 0;
    let rows = 0;
    fc.assert(
      fc.property(
        randomSchemas,
        spellings,
        fc.boolean(),
        fc.boolean(),
        fc.gen(),
        ({ schema, keys, names }, spelling, metadata, validated, g) => {
          const given = setup(schema, keys, metadata, validated);
          const lines = Array.from({ length: 1 + g(fc.nat, { max: 11 }) }, () =>
            lineText(g, schema, names, spelling, given.header.stream),
          );
          const whole = lines.filter((line) => !line.includes('\n'));
          const options = { timeZone: g(() => fc.constantFrom('UTC', 'Europe/Berlin')) };
          const expected = read(given, whole, false, options);
          const actual = read(given, whole, true, options);
          fast += actual.fast;
          rows += actual.rows;
          expect({ ...actual, fast: 0 }).toEqual(expected);
        },
      ),
      // Shrinking what `gen` made takes ages; the seed is enough to look into it.
      { numRuns: RUNS, endOnFailure: true },
    );
    // A lane that takes hardly any line would prove nothing.
    expect(fast / rows).toBeGreaterThan(0.3);
  });

  it('takes every tidy line, in any order of names, with any of them missing', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 200 })
      .filter((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value));
    const records = fc.record(
      {
        text,
        whole: fc.oneof(fc.maxSafeInteger(), fc.constant(null)),
        number: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).filter((value) => !Object.is(value, -0)),
        flag: fc.boolean(),
        at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
        day: fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
          .map((date) => date.toISOString().slice(0, 10)),
        id: fc.uuid(),
        list: fc.array(fc.oneof(text, fc.boolean(), fc.integer()), { maxLength: 4 }),
        object: fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'ключ'), text, { maxKeys: 3 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const properties = {
      text: { type: 'string' },
      whole: { type: ['null', 'integer'] },
      number: { type: 'number' },
      flag: { type: 'boolean' },
      at: { type: 'string', format: 'date-time' },
      day: { type: 'string', format: 'date' },
      id: { type: 'string', format: 'uuid' },
      list: { type: 'array' },
      object: { type: 'object' },
    };
    const tidy = setup({ type: 'object', properties }, [], true);
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 20 }),
        spellings,
        fc.nat({ max: 3 }),
        (rows, spelling, learnAfter) => {
          const lines = rows.map((row) => tidyLine(row, spelling, tidy.header.stream));
          const actual = read(tidy, lines, true, { learnAfter });
          expect(actual.fast).toBe(rows.length);
          expect({ ...actual, fast: 0 }).toEqual(read(tidy, lines, false));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['a constraint', { type: 'object', properties: { a: { type: 'string', pattern: 'x' } } }],
    ['a constraint at the root', { type: 'object', properties: { a: { type: 'string' } }, minProperties: 1 }],
    ['a required property that is not announced', { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] }],
    ['a property that may not be', { type: 'object', properties: { a: false } }],
  ])('is off for a schema with %s, unless records are not validated', (_, schema) => {
    const line = '{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":"x"}}';
    expect(read(setup(schema, [], false), [line], true).fast).toBe(0);
    expect(read(setup(schema, [], false, false), [line], true).fast).toBe(1);
  });

  it('leaves a line with a name outside the schema to the general lane once, then takes such lines', () => {
    const given = setup({ type: 'object', properties: { a: { type: 'string' } } }, [], false);
    const line = '{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":"x","more":{"b":[1]}}}';
    expect(read(given, [line, line, line], true)).toMatchObject({ rows: 3, fast: 2, text: 'x\nx\nx\n' });
  });

  it('leaves a name outside the schema that comes in a rare spelling of a known one', () => {
    const given = setup({ type: 'object', properties: { a: { type: 'string' } } }, [], false);
    const line = '{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"\\u0061":"x"}}';
    expect(read(given, [line, line], true)).toMatchObject({ rows: 2, fast: 0, text: 'x\nx\n' });
  });

  const OBJECT = { type: 'object' };
  const MONEY = { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 };
  it.each<[string, JsonSchema, string, string?]>([
    ['an integer beyond bigint', { type: 'integer' }, '9223372036854775808'],
    ['an integer with a point', { type: 'integer' }, '1.0'],
    ['a number beyond numeric', { type: 'number' }, '1e131072'],
    ['a number of very many digits', { type: 'number' }, '1'.repeat(1001)],
    ['a decimal beyond its scale', MONEY, '"1.005"'],
    ['a decimal beyond its precision', MONEY, '"12345.00"'],
    ['a date-time of nanoseconds', { type: 'string', format: 'date-time' }, '"2024-01-01T10:00:00.1234567Z"'],
    ['a date-time at 24:00', { type: 'string', format: 'date-time' }, '"2024-01-01T24:00:00Z"'],
    ['a time with a zone', { type: 'string', format: 'time' }, '"10:00:00+02:00"'],
    ['a date with a time', { type: 'string', format: 'date' }, '"2024-01-01T10:00:00Z"'],
    ['a text with U+0000', { type: 'string' }, String.raw`"\u0000"`],
    ['a text with half a pair', { type: 'string' }, String.raw`"\ud83d!"`],
    ['a text with the other half', { type: 'string' }, String.raw`"\ude42"`],
    ['a text with two first halves', { type: 'string' }, String.raw`"\ud83d\ud83d\ude42"`],
    ['an object with a name twice', OBJECT, '{"a":1,"b":{"a":1},"a":2}'],
    ['an object with a name twice in two spellings', OBJECT, String.raw`{"a":1,"\u0061":2}`],
    ['an object whose names JavaScript would put in order', OBJECT, '{"2":1,"1":2}'],
    ['an object with U+0000 in it', OBJECT, String.raw`{"a":"\u0000"}`],
    ['an object with a number beyond numeric', OBJECT, '{"a":1e131072}'],
    ['a record that was deleted', { type: 'integer' }, '1,"_sdc_deleted_at":"2024-01-01T00:00:00Z"'],
    ['a version that JavaScript prints otherwise', { type: 'integer' }, '1', '"version":-0'],
    ['a time of extraction that is none', { type: 'integer' }, '1', '"time_extracted":"now"'],
  ])('leaves %s, with a shape learned or not', (_, schema, value, more) => {
    const given = setup({ type: 'object', properties: { a: schema } }, [], true);
    const line = (text: string, rest = '"version":1') =>
      `{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":${text}},${rest}}`;
    const good = GOOD[(schema['format'] ?? schema['type']) as string]!;
    const rest = more === undefined ? '"version":1' : more.replace(/:.*/, ':null');
    const lines = [line(value, more), line(good, rest), line(good, rest), line(value, more), line(good, rest)];
    const actual = read(given, lines, true);
    expect(actual.fast).toBe(3);
    expect({ ...actual, fast: 0 }).toEqual(read(given, lines, false));
  });

  it('takes a line of 60 MiB', () => {
    const given = setup({ type: 'object', properties: { a: { type: 'string' } } }, [], false);
    const encoder = createCopyEncoder(given.plan, RUN, {
      validated: true,
      nulPolicy: 'strip',
      timePolicy: 'fail',
      onChange: () => undefined,
    });
    const size = 60 * 1024 * 1024;
    const line = Buffer.concat([
      Buffer.from('{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":"'),
      Buffer.alloc(size, 'x'),
      Buffer.from('"}}\n'),
    ]);
    const out = new ByteBlocks(new BlockPool());
    expect(encoder.encodeLines?.(line, 0, line.length, out)).toBe(line.length);
    expect(out.size).toBe(size + 1);
  });

  it('reads no byte beyond the chunk, whatever stands at its end', () => {
    const given = setup({ type: 'object', properties: { a: { type: 'integer' } } }, [], true);
    const lines = ['1', '12', '123', '1234'].flatMap((version) => [
      `{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":${version}}}`,
      `{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":1},"version":${version}}`,
      `{"type":"RECORD","stream":"a \\"stream\\" ключ","record":{"a":1},"time_extracted":"2024-01-01T00:00:00.${version}Z"}`,
    ]);
    for (const line of lines) expect(read(given, [line, line, line], true).fast).toBe(3);
  });
});

const GOOD: Readonly<Record<string, string>> = {
  integer: '1',
  number: '1.5',
  string: '"x"',
  object: '{"a":1}',
  time: '"10:00:00"',
  date: '"2024-01-01"',
  'date-time': '"2024-01-01T10:00:00Z"',
  'singer.decimal': '"1.50"',
};
