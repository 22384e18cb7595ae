import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool, ByteBlocks } from '../../../../singer/target/blocks.ts';
import { RecordError } from '../../../../singer/errors.ts';
import { parseExact } from '../../../../singer/json-text.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject, type JsonSchema } from '../../../../singer/json.ts';
import type { Encoder, RecordMeta, StreamHeader } from '../../../../singer/plugin.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { createValidator, type Validate } from '../../../../singer/target/validate.ts';
import { createCopyEncoder, type CopyOptions, type CopyPlan } from '../../../../targets/postgres/copy-encoder.ts';
import { columnType, type MetadataColumn, METADATA_TYPES } from '../../../../targets/postgres/types.ts';
import {
  nastyStrings,
  numberTexts,
  objectText,
  spellings,
  stringText,
  timeTexts,
  type Spelling,
} from '../../../support/json-lines.ts';

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

interface Outcome {
  readonly text: string;
  readonly rows: number;
  /** Rows of the fast lane. */
  readonly fast: number;
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
  const out = new ByteBlocks(new BlockPool());
  const chunk = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  let taken = 0;
  for (let at = 0; at < chunk.length;) {
    if (fast) {
      const before = out.rows;
      const next = encoder.encodeLines?.(chunk, at, chunk.length, out) ?? at;
      taken += out.rows - before;
      if (next > at) {
        at = next;
        continue;
      }
    }
    const stop = chunk.indexOf(0x0a, at) + 1;
    general(given, encoder, chunk.subarray(at, stop), out);
    at = stop;
  }
  const { blocks, rows } = out.takeAll();
  return { text: Buffer.concat(blocks).toString(), rows, fast: taken, changes: changes.toSorted() };
}

function general({ header, validate }: Setup, encoder: Encoder, line: Buffer, out: ByteBlocks): void {
  let message: Json;
  try {
    message = parseExact(line.toString());
  } catch {
    return;
  }
  if (!isJsonObject(message) || message['type'] !== 'RECORD' || message['stream'] !== header.stream) return;
  const record = message['record'];
  if (!isJsonObject(record) || header.keys.some((key) => !Object.hasOwn(record, key))) return;
  if (validate?.(forCheck(record)) !== undefined) return;
  try {
    encoder.encode({ ...record }, metaOf(message, line), out);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
  }
}

function metaOf(message: JsonObject, line: Buffer): RecordMeta {
  const time = message['time_extracted'];
  const version = message['version'];
  return {
    timeExtracted: typeof time === 'string' ? time : undefined,
    version: typeof version === 'number' ? version : version instanceof ExactNumber ? Number(version.text) : undefined,
    line,
    recordStart: 0,
    recordEnd: 0,
    changes: [],
  };
}

function forCheck(value: Json): unknown {
  if (value instanceof ExactNumber) return Number.isFinite(Number(value.text)) ? Number(value.text) : Number.MAX_VALUE;
  if (Array.isArray(value)) return value.map((item: Json) => forCheck(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, forCheck(member!)]));
}

// ------------------------------------------------------------------------------------------- random schemas and lines

const TYPES: readonly JsonSchema[] = [
  { type: 'string' }, { type: 'integer' }, { type: 'number' }, { type: 'boolean' }, { type: 'object' }, { type: 'array' },
  { type: 'string', format: 'date-time' }, { type: 'string', format: 'date' }, { type: 'string', format: 'time' },
  { type: 'string', format: 'uuid' }, { type: 'string', format: 'singer.decimal' },
  { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 }, { type: 'string', format: 'email' }, { type: 'number', multipleOf: 0.01 }, { type: 'string', contentEncoding: 'base64' }, {},
  { type: 'string', minLength: 1, maxLength: 4 }, { type: 'string', enum: ['', 'a', 'ключ'] }, { type: 'integer', minimum: 0 }, { type: 'number', exclusiveMaximum: 1000 },
  { type: 'array', items: { type: 'string' } }, { type: 'object', properties: { a: { type: ['null', 'number'] }, '1': {} }, additionalProperties: true }, { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
]; // prettier-ignore

const NAMES = [
  'id',
  'a',
  'b',
  'name',
  'Name',
  'a"b',
  'ключ',
  'back\\slash',
  'tab\t',
  '',
  '__proto__',
  'constructor',
  '1',
  'a b',
  'record',
  'type',
];

const schemas = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 7 })
  .chain((names) =>
    fc.record({
      types: fc.tuple(...names.map(() => fc.tuple(fc.constantFrom(...TYPES), fc.boolean()))),
      required: fc.subarray(names),
      keys: fc.oneof(fc.constant([]), fc.subarray(names, { maxLength: 1 })),
      names: fc.constant(names),
    }),
  )
  .map(({ names, types, required, keys }) => {
    const properties = names.map((name, i) => {
      const [type, nullable] = types[i]!;
      return [name, nullable && type['type'] !== undefined ? { ...type, type: ['null', type['type']] } : type] as const;
    });
    return { schema: { type: 'object', properties: Object.fromEntries(properties), required }, keys, names };
  });

/** A value's JSON text for a property, right most of the time. */
function valueText(g: fc.GeneratorValue, property: JsonSchema, spelling: Spelling): string {
  if (g(fc.nat, { max: 19 }) === 0)
    return g(() => fc.constantFrom('null', 'true', '0', '"x"', '{}', '[', '', 'nul', '"\\x"', '"\n"'));
  const types = [property['type']].flat();
  if (types.includes('null') && g(fc.nat, { max: 4 }) === 0) return 'null';
  const format = property['format'];
  const type = types.find((name) => name !== 'null') ?? g(() => fc.constantFrom('string', 'number', 'object', 'boolean'));
  if (type === 'string') {
    if (format === 'uuid')
      return stringText(
        g(() => fc.oneof(fc.uuid(), fc.constant('no'))),
        spelling,
      );
    if (format === 'singer.decimal')
      return stringText(
        g(() => numberTexts),
        spelling,
      );
    if (format !== undefined && format !== 'email')
      return stringText(
        g(() => timeTexts),
        spelling,
      );
    const value = g(() => nastyStrings);
    return stringText(value, spelling, new Set(g(() => fc.array(fc.nat({ max: value.length }), { maxLength: 1 }))));
  }
  if (type === 'integer') return g(() => fc.oneof(fc.integer().map(String), numberTexts));
  if (type === 'number') return g(() => numberTexts);
  if (type === 'boolean') return g(() => fc.constantFrom('true', 'false'));
  return nestedText(g, spelling, type === 'array' ? 'array' : 'object', 0);
}

function nestedText(g: fc.GeneratorValue, spelling: Spelling, type: 'array' | 'object', depth: number): string {
  const size = g(fc.nat, { max: depth > 2 ? 0 : 3 });
  const items = Array.from({ length: size }, () => {
    switch (g(fc.nat, { max: 4 })) {
      case 0:
        return nestedText(g, spelling, 'object', depth + 1);
      case 1:
        return nestedText(g, spelling, 'array', depth + 1);
      case 2:
        return g(() => numberTexts);
      case 3:
        return g(() => fc.constantFrom('true', 'null', 'false', ' 1 '));
      default:
        return stringText(
          g(() => nastyStrings),
          spelling,
        );
    }
  });
  if (type === 'array') return `[${items.join(`,${spelling.afterComma}`)}]`;
  return objectText(
    items.map((item) => [g(() => fc.oneof(fc.constantFrom('a', 'b', '1', '__proto__', 'x y'), nastyStrings)), item]),
    spelling,
  );
}

/** One line, and what is done to it now and then: order, missing and extra names, damage. */
function lineText(
  g: fc.GeneratorValue,
  schema: JsonSchema,
  names: readonly string[],
  spelling: Spelling,
  stream: string,
): string {
  const properties = schema['properties'] as Record<string, JsonSchema>;
  const members = names.map((name) => [name, valueText(g, properties[name]!, spelling)] as const);
  const kept = members.filter(() => g(fc.nat, { max: 9 }) > 0);
  if (g(fc.nat, { max: 19 }) === 0 && kept.length > 0) kept.push(kept[0]!);
  if (g(fc.nat, { max: 19 }) === 0)
    kept.push([
      g(() => fc.constantFrom('extra', '_sdc_deleted_at', '_sdc_x')),
      g(() => fc.constantFrom('null', '"2024-01-01"', '1')),
    ]);
  const record = objectText(kept, spelling);
  const envelope: [string, string][] = [['type', '"RECORD"'], ['stream', stringText(stream, spelling)], ['record', record]]; // prettier-ignore
  if (g(fc.nat, { max: 1 }) === 0)
    envelope.push([
      'time_extracted',
      stringText(
        g(() => timeTexts),
        spelling,
      ),
    ]);
  if (g(fc.nat, { max: 3 }) === 0) envelope.push(['version', g(() => numberTexts)]);
  if (g(fc.nat, { max: 19 }) === 0) envelope.push(['more', '{"a":1}']);
  const text = objectText(g(fc.nat, { max: 9 }) === 0 ? envelope.toReversed() : envelope, spelling);
  return g(fc.nat, { max: 9 }) === 0 ? damaged(g, text) : text;
}

function damaged(g: fc.GeneratorValue, text: string): string {
  const at = g(fc.nat, { max: text.length });
  switch (g(fc.nat, { max: 4 })) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return (
        text.slice(0, at) + g(() => fc.constantFrom(' ', '"', ',', '{', '}', '\\', '0', '\t', '\r', '\u0001')) + text.slice(at)
      );
    case 2:
      return text.slice(0, at);
    case 3:
      return `${text}\r`;
    default:
      return `${text}${g(() => fc.constantFrom(' ', '}', 'x'))}`;
  }
}

describe('the fast lane', () => {
  it('writes the very bytes of the general lane for every line it takes, and takes valid lines only', () => {
    let fast = 0;
    let rows = 0;
    fc.assert(
      fc.property(
        schemas,
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

function tidyLine(row: object, spelling: Spelling, stream: string): string {
  const members = Object.entries(row).map(([name, value]) => [name, tidyText(value as Json, spelling)] as const);
  return objectText(
    [
      ['type', '"RECORD"'],
      ['stream', stringText(stream, spelling)],
      ['record', objectText(members, spelling)],
      ['time_extracted', '"2026-11-21T06:00:00.123456Z"'],
    ],
    spelling,
  );
}

function tidyText(value: Json, spelling: Spelling): string {
  if (typeof value === 'string') return stringText(value, spelling);
  if (Array.isArray(value)) return `[${value.map((item: Json) => tidyText(item, spelling)).join(`,${spelling.afterComma}`)}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return objectText(
    Object.entries(value).map(([name, member]) => [name, tidyText(member!, spelling)]),
    spelling,
  );
}
