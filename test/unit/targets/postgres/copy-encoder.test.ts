import { describe, expect, it } from 'vitest';
import { BlockPool, ByteBlocks } from '../../../../singer/target/blocks.ts';
import { columnOf } from '../../../../singer/target/schema.ts';
import { RecordError } from '../../../../singer/errors.ts';
import { ExactNumber, type Json, type JsonSchema, type Row } from '../../../../singer/json.ts';
import type { RecordMeta } from '../../../../singer/target/destination.ts';
import { createCopyEncoder, type CopyOptions } from '../../../../targets/postgres/copy/encoder.ts';
import { columnType, METADATA_COLUMNS, type MetadataColumn } from '../../../../targets/postgres/types/types.ts';

const META: RecordMeta = {
  timeExtracted: undefined,
  version: undefined,
  line: Buffer.alloc(0),
  recordStart: 0,
  recordEnd: 0,
  changes: [],
};
const RUN = {
  startedAt: new Date(1_700_000_000_000),
  clock: { receivedAt: new Date(1_700_000_001_234), batchedAt: new Date(1_700_000_001_000) },
};

interface Encoded {
  readonly text: string;
  readonly changes: readonly string[];
}

function encode(
  properties: Record<string, JsonSchema>,
  record: Row,
  options: Partial<CopyOptions> = {},
  metadata: readonly MetadataColumn[] = [],
  meta = META,
): Encoded {
  const columns = Object.entries(properties).map(([name, schema]) => columnOf(name, schema));
  const changes: string[] = [];
  const encoder = createCopyEncoder(
    {
      header: { stream: 's', schema: { properties }, columns, keys: [], notesChanges: false },
      columns: columns.map((column) => ({
        name: column.name,
        target: `${column.name}_column`,
        pgType: columnType(column)!.type,
        column,
      })),
      metadata,
    },
    RUN,
    {
      validated: true,
      nulPolicy: 'strip',
      timePolicy: 'fail',
      onChange: (column, reason) => changes.push(`${column} ${reason}`),
      ...options,
    },
  );
  const out = new ByteBlocks(new BlockPool());
  encoder.encode(record, meta, out);
  return { text: Buffer.concat(out.takeAll().blocks).toString(), changes };
}

/** The COPY text of one value of a property. */
function field(schema: JsonSchema, value: Json, options: Partial<CopyOptions> = {}): string {
  const { text, changes } = encode({ a: schema }, { a: value }, options);
  return [text.slice(0, -1), ...changes].join(' | ');
}

const exact = (text: string): ExactNumber => new ExactNumber(text);
const STRING = { type: 'string' };
const INTEGER = { type: 'integer' };
const NUMBER = { type: 'number' };
const DATE_TIME = { type: 'string', format: 'date-time' };
const DATE = { type: 'string', format: 'date' };
const TIME = { type: 'string', format: 'time' };
const MONEY = { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 };
const OBJECT = { type: 'object' };

describe('a row of COPY text', () => {
  it('has its fields in the order of the plan, with null for what is null or absent', () => {
    const properties = { a: STRING, b: INTEGER, c: { type: 'boolean' }, d: { type: 'boolean' }, e: STRING };
    expect(encode(properties, { c: true, b: 5, e: null, d: false }).text).toBe('\\N\t5\tt\tf\t\\N\n');
  });

  it('ends with the metadata columns of the plan', () => {
    const meta = { ...META, timeExtracted: '2024-05-01T10:00:00.123456Z', version: 7 };
    const record = { a: 'x', _sdc_deleted_at: '2024-01-01T00:00:00Z' };
    expect(encode({ a: STRING }, record, {}, METADATA_COLUMNS, meta).text.split('\t')).toEqual([
      'x', '2024-05-01T10:00:00.123456Z', '2023-11-14T22:13:21.234Z', '2023-11-14T22:13:21.000Z', '2024-01-01T00:00:00Z', '1700000001234', '7', '1700000000000\n',
    ]); // prettier-ignore
    expect(encode({}, {}, {}, METADATA_COLUMNS).text).toBe(
      '\\N\t2023-11-14T22:13:21.234Z\t2023-11-14T22:13:21.000Z\t\\N\t1700000001234\t\\N\t1700000000000\n',
    );
  });

  it('does not take inherited members of the record for values', () => {
    expect(encode({ constructor: STRING, toString: STRING }, {}).text).toBe('\\N\t\\N\n');
    expect(encode({ constructor: STRING }, { constructor: 'x' }).text).toBe('x\n');
  });

  it.each<[string, JsonSchema, Json, string]>([
    ['escapes tab, newline, carriage return and backslash', STRING, 'a\tb\nc\rd\\e', 'a\\tb\\nc\\rd\\\\e'],
    ['tells the text \\N from null', STRING, '\\N', '\\\\N'],
    ['keeps an empty string', STRING, '', ''],
    ['keeps other control characters', STRING, '\u0001\u007f\b', '\u0001\u007f\b'],
    ['prints an integer', INTEGER, -12, '-12'],
    ['keeps the largest bigint', INTEGER, exact('9223372036854775807'), '9223372036854775807'],
    ['keeps the smallest bigint', INTEGER, exact('-9223372036854775808'), '-9223372036854775808'],
    ['writes an integer with a point as one', INTEGER, exact('1.0'), '1'],
    ['writes an integer with an exponent as one', INTEGER, exact('12e2'), '1200'],
    ['writes a huge number of zero as zero', INTEGER, exact('0e999999'), '0'],
    ['keeps the text of a number', NUMBER, exact('1.10'), '1.10'],
    ['keeps thirty digits', NUMBER, exact('0.123456789012345678901234567890'), '0.123456789012345678901234567890'],
    ['keeps an exponent', NUMBER, exact('1E400'), '1E400'],
    ['keeps a decimal text', MONEY, '1234.50', '1234.50'],
    ['tells what a scale cuts', MONEY, '1.005', '1.005 | a_column rounded-to-scale'],
    ['does not tell of zeros that a scale cuts', MONEY, '1.50000', '1.50000'],
    ['passes a date-time', DATE_TIME, '2024-05-01T10:00:00+02:00', '2024-05-01T10:00:00+02:00'],
    ['passes a date-time without zone', DATE_TIME, '2024-05-01 10:00', '2024-05-01 10:00'],
    ['writes a comma before a fraction as a point', DATE_TIME, '2024-05-01T10:00:00,5Z', '2024-05-01T10:00:00.5Z'],
    ['passes the end of a day', DATE_TIME, '2024-05-01T24:00:00Z', '2024-05-01T24:00:00Z'],
    ['passes a leap second', DATE_TIME, '2024-05-01T23:59:60Z', '2024-05-01T23:59:60Z'],
    [
      'tells of rounding to microseconds',
      DATE_TIME,
      '2024-05-01T10:00:00.1234567Z',
      '2024-05-01T10:00:00.1234567Z | a_column rounded-to-microseconds',
    ],
    ['does not tell of zeros below microseconds', DATE_TIME, '2024-05-01T10:00:00.123456000Z', '2024-05-01T10:00:00.123456000Z'],
    ['counts years before Christ as Postgres does', DATE_TIME, '-0001-01-01T00:00:00Z', '0002-01-01T00:00:00Z BC'],
    ['takes the sign off a later year', DATE_TIME, '+020000-01-01T00:00:00Z', '020000-01-01T00:00:00Z'],
    ['passes a date', DATE, '2024-02-29', '2024-02-29'],
    ['takes the date of a midnight', DATE, '2024-02-29T00:00:00Z', '2024-02-29'],
    ['tells of a time of day that a date cuts', DATE, '2024-02-29T10:00:00Z', '2024-02-29 | a_column time-of-day-dropped'],
    ['passes a time', TIME, '10:00:00.5', '10:00:00.5'],
    ['takes a time in UTC without its zone', TIME, '10:00:00Z', '10:00:00'],
    ['tells of a zone that a time cuts', TIME, '10:00:00+02:00', '10:00:00 | a_column zone-dropped'],
    ['writes JSON compactly, with exact numbers', OBJECT, { a: [exact('1.10'), null, 'x\ty'] }, '{"a":[1.10,null,"x\\\\ty"]}'],
    ['writes base64 as hex', { type: 'string', contentEncoding: 'base64' }, 'AP/+', '\\\\x00fffe'],
    ['takes base64 with line breaks and without padding', { type: 'string', contentEncoding: 'base64' }, 'AP\n8', '\\\\x00ff'],
    ['writes base16 as hex', { type: 'string', contentEncoding: 'base16' }, '00fF', '\\\\x00ff'],
    ['stores announced JSON text as JSON', { type: 'string', contentMediaType: 'application/json' }, '{"a": 1.0}', '{"a":1.0}'],
    [
      'stores announced JSON text that is none as a string',
      { type: 'string', contentMediaType: 'application/json' },
      '{a',
      '"{a"',
    ],
  ])('%s', (_, schema, value, text) => {
    expect(field(schema, value)).toBe(text);
  });
});

describe('a value that Postgres cannot hold', () => {
  it.each<[string, JsonSchema, Json, string]>([
    ['an integer above int64', INTEGER, exact('9223372036854775808'), 'value-out-of-range'],
    ['an integer below int64', INTEGER, exact('-9223372036854775809'), 'value-out-of-range'],
    ['an integer of many digits', INTEGER, exact('1e400'), 'value-out-of-range'],
    ['a fraction in an integer column', INTEGER, 1.5, 'value-wrong-type'],
    ['a number beyond numeric', NUMBER, exact('1e131072'), 'value-out-of-range'],
    ['a fraction beyond numeric', NUMBER, exact('1e-16384'), 'value-out-of-range'],
    ['a decimal beyond its precision', MONEY, '12345.00', 'value-out-of-range'],
    ['a decimal that rounding carries beyond its precision', MONEY, '9999.995', 'value-out-of-range'],
    ['text in a decimal column', MONEY, 'x', 'value-wrong-type'],
    ['the year 0000', DATE_TIME, '0000-01-01T00:00:00Z', 'value-out-of-range'],
    ['a date of zeros', DATE, '0000-00-00', 'value-out-of-range'],
    ['a year before the first one', DATE_TIME, '-4713-01-01T00:00:00Z', 'value-out-of-range'],
    ['a year after the last one', DATE_TIME, '+294277-01-01T00:00:00Z', 'value-out-of-range'],
    ['a negative year 0', DATE_TIME, '-0000-01-01T00:00:00Z', 'value-out-of-range'],
    ['a day that does not exist', DATE, '2023-02-29', 'value-out-of-range'],
    ['a month that does not exist', DATE, '2023-13-01', 'value-out-of-range'],
    ['an hour that does not exist', DATE_TIME, '2023-01-01T25:00:00Z', 'value-out-of-range'],
    ['a time after the end of a day', TIME, '24:00:01', 'value-out-of-range'],
    ['an offset that does not exist', DATE_TIME, '2023-01-01T10:00:00+16:00', 'value-out-of-range'],
    ['no UUID', { type: 'string', format: 'uuid' }, 'x', 'value-wrong-type'],
    ['no base64', { type: 'string', contentEncoding: 'base64' }, 'A', 'value-wrong-type'],
    ['no base16', { type: 'string', contentEncoding: 'base16' }, '0', 'value-wrong-type'],
    ['a string in a boolean column', { type: 'boolean' }, 'true', 'value-wrong-type'],
    ['an object in a number column', NUMBER, {}, 'value-wrong-type'],
  ])('%s is refused, without showing the value', (_, schema, value, code) => {
    const refused = catchError(() => field(schema, value));
    expect(refused).toBeInstanceOf(RecordError);
    expect(refused).toMatchObject({ code, facts: { stream: 's', property: 'a', column: 'a_column' } });
    expect(`${refused.message} ${JSON.stringify(refused.facts)}`).not.toContain(
      value instanceof ExactNumber ? value.text : JSON.stringify(value),
    );
  });

  it('becomes null where times may, and is told', () => {
    expect(field(DATE_TIME, '0000-00-00', { timePolicy: 'null' })).toBe('\\N | a_column time-nulled');
  });

  it('loses U+0000 by policy, at any depth', () => {
    expect(field(STRING, 'a\0b')).toBe('ab | a_column nul-stripped');
    expect(field(STRING, 'a\0b', { nulPolicy: 'replace' })).toBe('a\ufffdb | a_column nul-replaced');
    expect(catchError(() => field(STRING, 'a\0b', { nulPolicy: 'fail' }))).toMatchObject({ code: 'value-has-nul' });
    expect(field(OBJECT, { 'k\0': [{ v: '\0' }] })).toBe('{"k":[{"v":""}]} | a_column nul-stripped | a_column nul-stripped');
    expect(field(OBJECT, { v: '\\u0000' })).toBe('{"v":"\\\\\\\\u0000"}');
  });

  it('has lone surrogates replaced, and keeps whole pairs', () => {
    expect(field(STRING, 'a\ud83d🙂')).toBe('a\ufffd🙂 | a_column surrogate-replaced');
    expect(field(OBJECT, { v: '\udc00' })).toBe('{"v":"\ufffd"} | a_column surrogate-replaced');
    expect(field(OBJECT, { v: '🙂' })).toBe('{"v":"🙂"}');
  });
});

function catchError(act: () => unknown): RecordError {
  try {
    act();
  } catch (error) {
    return error as RecordError;
  }
  throw new Error('Nothing was thrown');
}
