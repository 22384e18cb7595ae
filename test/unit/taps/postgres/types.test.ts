import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../../singer/shell/config.ts';
import { stringifyExact } from '../../../../singer/json-text.ts';
import type { Json } from '../../../../singer/json.ts';
import type { PgType, TableColumn } from '../../../../taps/postgres/model.ts';
import { planColumn } from '../../../../taps/postgres/types/column-plan.ts';
import { typeOptions, type TypeOptions } from '../../../../taps/postgres/types/options.ts';
import { typeSettings } from '../../../../taps/postgres/types/settings.ts';

function options(given: Record<string, unknown> = {}): TypeOptions {
  const { config, problems } = checkConfig(typeSettings, given);
  expect(problems).toEqual([]);
  return typeOptions(config as never);
}

function base(name: string, modifier = -1, schema = 'pg_catalog'): PgType {
  return { oid: 1, schema, name, text: name, modifier, kind: 'base' };
}

const made = (kind: PgType['kind'], more: Partial<PgType>): PgType => ({ ...base('made', -1, 'public'), kind, ...more });
const array = (element: PgType, more: Partial<PgType> = {}): PgType => made('array', { element, delimiter: ',', ...more });

/** Schema, wire and SQL of a column of a type, in short: the schema as JSON text, so that digits show. */
function read(type: PgType, given: Record<string, unknown> = {}, column: Partial<TableColumn> = {}): unknown {
  const { plan, omitted } = planColumn({ name: 'c', type, notNull: true, readable: true, ...column }, options(given));
  const sql = plan.expression('"c"');
  return {
    schema: stringifyExact(plan.schema as Json),
    wire: plan.wire,
    ...(sql === '"c"' ? {} : { sql }),
    ...(omitted === undefined ? {} : { omitted }),
  };
}

const text = { kind: 'text' };
const number = (special: string): object => ({ kind: 'number', special });
const string = '{"type":"string"}';
/** `numeric(12,2)`, `varchar(20)` as catalogs pack them. */
const DECIMAL = ((12 << 16) | 2) + 4;
const LENGTH = 20 + 4;

type Line = readonly [name: string, modifier: number, wanted: object];

describe('the type table', () => {
  it.each<Line>([
    ['int2', -1, { schema: '{"type":"integer","minimum":-32768,"maximum":32767}', wire: number('fail') }],
    ['int4', -1, { schema: '{"type":"integer","minimum":-2147483648,"maximum":2147483647}', wire: number('fail') }],
    [
      'int8',
      -1,
      { schema: '{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}', wire: number('fail') },
    ],
    ['oid', -1, { schema: '{"type":"integer","minimum":0,"maximum":4294967295}', wire: number('fail') }],
    ['xid', -1, { schema: '{"type":"integer","minimum":0,"maximum":4294967295}', wire: number('fail') }],
    ['xid8', -1, { schema: string, wire: text }],
    ['numeric', -1, { schema: '{"type":["null","number"]}', wire: number('null') }],
    ['numeric', DECIMAL, { schema: '{"type":["null","number"]}', wire: number('null') }],
    ['float4', -1, { schema: '{"type":["null","number"]}', wire: number('null') }],
    ['float8', -1, { schema: '{"type":["null","number"]}', wire: number('null') }],
    ['money', -1, { schema: '{"type":["null","number"]}', wire: number('null'), sql: '"c"::pg_catalog.numeric' }],
    ['bool', -1, { schema: '{"type":"boolean"}', wire: { kind: 'boolean' } }],
    ['bpchar', LENGTH, { schema: '{"type":"string","maxLength":20}', wire: text }],
    ['varchar', LENGTH, { schema: '{"type":"string","maxLength":20}', wire: text }],
    ['varchar', -1, { schema: string, wire: text }],
    ['text', -1, { schema: string, wire: text }],
    ['name', -1, { schema: string, wire: text }],
    ['char', -1, { schema: string, wire: text }],
    ['uuid', -1, { schema: '{"type":"string","format":"uuid"}', wire: text }],
    ['json', -1, { schema: '{"type":["null","object","array","string","number","integer","boolean"]}', wire: { kind: 'json' } }],
    ['jsonb', -1, { schema: '{"type":["null","object","array","string","number","integer","boolean"]}', wire: { kind: 'json' } }],
    ['bytea', -1, { schema: '{"type":"string","contentEncoding":"base64"}', wire: { kind: 'bytea', form: 'base64' } }],
    ['date', -1, { schema: '{"type":"string","format":"date"}', wire: { kind: 'date', outOfRange: 'string' } }],
    ['timestamp', -1, { schema: '{"type":"string","format":"date-time"}', wire: { kind: 'timestamp', outOfRange: 'string' } }],
    [
      'timestamptz',
      -1,
      { schema: '{"type":"string","format":"date-time"}', wire: { kind: 'timestamptz', outOfRange: 'string' } },
    ],
    ['time', -1, { schema: '{"type":"string","format":"time"}', wire: text }],
    ['timetz', -1, { schema: string, wire: text }],
    ['interval', -1, { schema: string, wire: text }],
    ['bit', 1, { schema: '{"type":"boolean"}', wire: { kind: 'boolean' } }],
    ['bit', 8, { schema: string, wire: text }],
    ['varbit', -1, { schema: string, wire: text }],
    ...[
      'inet',
      'cidr',
      'macaddr',
      'macaddr8',
      'xml',
      'tsvector',
      'tsquery',
      'jsonpath',
      'pg_lsn',
      'txid_snapshot',
      'regclass',
    ].map((name) => [name, -1, { schema: string, wire: text }] as const),
    ...['point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle', 'int2vector'].map((name): Line => [
      name,
      -1,
      { schema: string, wire: text },
    ]),
  ])('%s with modifier %i', (name, modifier, wanted) => {
    expect(read(base(name, modifier))).toEqual(wanted);
  });

  it('knows extensions wherever they are, and takes what it does not know as text', () => {
    const of = (name: string, given = {}): unknown => read(base(name, -1, 'ext'), given);
    expect(of('citext')).toEqual({ schema: string, wire: text });
    expect(of('ltree')).toEqual({ schema: string, wire: text });
    expect(of('made_up')).toEqual({ schema: string, wire: text });
    expect(of('int4')).toEqual({ schema: string, wire: text });
    expect(of('hstore')).toEqual({
      schema: '{"type":"object","additionalProperties":{"type":["null","string"]}}',
      wire: { kind: 'hstore' },
    });
    expect(of('vector')).toEqual({ schema: '{"type":"array","items":{"type":"number"}}', wire: { kind: 'json' } });
    expect(of('geometry')).toEqual({ schema: string, wire: text });
    expect(of('geometry', { geometry_handling: 'ewkt' })).toEqual({ schema: string, wire: text, sql: '"ext"."st_asewkt"("c")' });
    expect(of('geography', { geometry_handling: 'geojson' })).toEqual({
      schema: '{"type":"object"}',
      wire: { kind: 'json' },
      sql: '"ext"."st_asgeojson"("c")',
    });
  });

  it('reads enums, with their labels if asked', () => {
    const type = made('enum', { labels: ['a', 'b'] });
    expect(read(type)).toEqual({ schema: string, wire: text });
    expect(read(type, { enum_labels: true })).toEqual({ schema: '{"type":"string","enum":["a","b"]}', wire: text });
    expect(read(type, { enum_labels: true }, { notNull: false })).toMatchObject({
      schema: '{"type":["null","string"],"enum":["a","b",null]}',
    });
  });

  it('reads arrays of what they hold, nested as they are declared', () => {
    expect(read(array(base('text')))).toEqual({
      schema: '{"type":"array","items":{"type":["null","string"]}}',
      wire: { kind: 'array', of: text, delimiter: ',' },
    });
    expect(read(array(base('int2'), { dimensions: 2 }))).toMatchObject({
      schema:
        '{"type":"array","items":{"type":["null","array"],"items":{"type":["null","integer"],"minimum":-32768,"maximum":32767}}}',
    });
    expect(read(array(base('box'), { delimiter: ';' }))).toMatchObject({ wire: { delimiter: ';' } });
    expect(read(array(base('money')))).toEqual({
      schema: '{"type":"array","items":{"type":["null","number"]}}',
      wire: { kind: 'array', of: number('null'), delimiter: ',' },
      sql: '"c"::pg_catalog.numeric[]',
    });
  });

  it('reads composites as objects of their fields, or as text', () => {
    const type = made('composite', {
      fields: [
        { name: 'n', type: base('int2') },
        { name: 'price', type: base('money') },
        { name: 'when', type: base('timestamp') },
      ],
    });
    expect(read(type)).toEqual({
      schema:
        '{"type":"object","properties":{"n":{"type":["null","integer"],"minimum":-32768,"maximum":32767},"price":{"type":["null","string"]},"when":{"type":["null","string"],"format":"date-time"}}}',
      wire: {
        kind: 'composite',
        fields: [
          { name: 'n', wire: number('fail') },
          { name: 'price', wire: text },
          { name: 'when', wire: { kind: 'timestamp', outOfRange: 'string' } },
        ],
      },
    });
    expect(read(type, { composite_handling: 'string' })).toEqual({ schema: string, wire: text });
    expect(read(made('composite', { fields: [{ name: 'b', type: base('bytea') }] }), { binary_handling: 'omit' })).toMatchObject({
      omitted: 'binary_handling is omit',
    });
  });

  it('reads ranges as they are written, or as objects', () => {
    const bound = '{"type":["null","string"],"format":"date"}';
    const object = `{"type":"object","properties":{"lower":${bound},"upper":${bound},"lower_inc":{"type":"boolean"},"upper_inc":{"type":"boolean"},"empty":{"type":"boolean"}}}`;
    const of = { kind: 'date', outOfRange: 'string' };
    const range = made('range', { element: base('date') });
    const multirange = made('multirange', { element: base('date') });
    expect(read(range)).toEqual({ schema: string, wire: text });
    expect(read(multirange)).toEqual({ schema: string, wire: text });
    expect(read(range, { range_handling: 'object' })).toEqual({ schema: object, wire: { kind: 'range', of } });
    expect(read(multirange, { range_handling: 'object' })).toEqual({
      schema: `{"type":"array","items":${object}}`,
      wire: { kind: 'multirange', of },
    });
  });
});

describe('settings of types', () => {
  it.each([
    [
      'numeric',
      DECIMAL,
      { decimal_handling: 'string' },
      { schema: '{"type":["null","string"]}', wire: { ...number('null'), as: 'string' } },
    ],
    [
      'numeric',
      DECIMAL,
      { decimal_handling: 'singer.decimal', special_numbers: 'fail' },
      {
        schema: '{"type":"string","format":"singer.decimal","precision":12,"scale":2}',
        wire: { ...number('fail'), as: 'string' },
      },
    ],
    [
      'numeric',
      -1,
      { use_singer_decimal: true, special_numbers: 'fail' },
      { schema: '{"type":"string","format":"singer.decimal"}', wire: { ...number('fail'), as: 'string' } },
    ],
    [
      'float8',
      -1,
      { special_numbers: 'string' },
      { schema: '{"type":["number","string"],"x-sql-datatype":"float8"}', wire: number('string') },
    ],
    [
      'numeric',
      -1,
      { special_numbers: 'string' },
      { schema: '{"type":["number","string"],"x-sql-datatype":"numeric"}', wire: number('string') },
    ],
    [
      'interval',
      -1,
      { interval_handling: 'seconds', special_numbers: 'string' },
      {
        schema: '{"type":["number","string"],"x-sql-datatype":"numeric"}',
        wire: number('string'),
        sql: 'extract(epoch FROM "c")',
      },
    ],
    ['float8', -1, { special_numbers: 'fail' }, { schema: '{"type":"number"}', wire: number('fail') }],
    ['money', -1, { money_handling: 'string' }, { schema: string, wire: text }],
    ['bpchar', LENGTH, { trim_char: true }, { schema: '{"type":"string","maxLength":20}', wire: { kind: 'trimmed' } }],
    ['jsonb', -1, { json_handling: 'object' }, { schema: '{"type":["null","object"]}', wire: { kind: 'json' } }],
    ['jsonb', -1, { json_as_object: true }, { schema: '{"type":["null","object"]}', wire: { kind: 'json' } }],
    ['json', -1, { json_handling: 'string' }, { schema: string, wire: text }],
    ['bytea', -1, { binary_handling: 'hex' }, { schema: string, wire: { kind: 'bytea', form: 'hex' } }],
    ['date', -1, { dates_as_string: true }, { schema: string, wire: text }],
    ['timestamp', -1, { dates_as_string: true, timestamp_zone: 'Asia/Tokyo' }, { schema: string, wire: text }],
    ['timestamptz', -1, { dates_as_string: true }, { schema: string, wire: text }],
    [
      'date',
      -1,
      { temporal_out_of_range: 'null' },
      { schema: '{"type":["null","string"],"format":"date"}', wire: { kind: 'date', outOfRange: 'null' } },
    ],
    [
      'date',
      -1,
      { temporal_out_of_range: 'clamp' },
      { schema: '{"type":"string","format":"date"}', wire: { kind: 'date', outOfRange: 'clamp' } },
    ],
    [
      'timestamp',
      -1,
      { timestamp_zone: 'utc' },
      { schema: '{"type":"string","format":"date-time"}', wire: { kind: 'timestamp', outOfRange: 'string' } },
    ],
    [
      'timestamp',
      -1,
      { timestamp_zone: "Asia/To'kyo" },
      {
        schema: '{"type":"string","format":"date-time"}',
        wire: { kind: 'timestamptz', outOfRange: 'string' },
        sql: `("c" AT TIME ZONE 'Asia/To''kyo')`,
      },
    ],
    [
      'interval',
      -1,
      { interval_handling: 'seconds' },
      { schema: '{"type":["null","number"]}', wire: number('null'), sql: 'extract(epoch FROM "c")' },
    ],
    ['bit', 1, { bit_handling: 'string' }, { schema: string, wire: text }],
  ])('%s %i with %j', (name, modifier, given, wanted) => {
    expect(read(base(name, modifier), given)).toEqual(wanted);
  });

  it('let arrays be as deep as they like', () => {
    const any = { array_dimensions: 'any' };
    const items = '{"type":["null","integer","array"],"minimum":-32768,"maximum":32767}';
    for (const dimensions of [1, 3]) {
      expect(read(array(base('int2'), { dimensions }), any)).toMatchObject({ schema: `{"type":"array","items":${items}}` });
    }
    expect(read(array(base('jsonb')), any)).toMatchObject({
      schema: '{"type":"array","items":{"type":["null","object","array","string","number","integer","boolean"]}}',
    });
  });

  it('leave binary out', () => {
    expect(read(base('bytea'), { binary_handling: 'omit' })).toMatchObject({ omitted: 'binary_handling is omit' });
    expect(read(array(base('bytea')), { binary_handling: 'omit' })).toMatchObject({ omitted: 'binary_handling is omit' });
  });

  it('let stay as text what SQL cannot shift or convert inside of other values', () => {
    const zone = { timestamp_zone: 'Asia/Tokyo', interval_handling: 'seconds' };
    for (const name of ['timestamp', 'interval']) {
      expect(read(array(base(name)), zone)).toEqual({
        schema: '{"type":"array","items":{"type":["null","string"]}}',
        wire: { kind: 'array', of: text, delimiter: ',' },
      });
    }
  });
});

describe('a column', () => {
  it('allows null unless it is NOT NULL, and has its comment', () => {
    expect(read(base('bool'), {}, { notNull: false })).toMatchObject({ schema: '{"type":["null","boolean"]}' });
    expect(read(base('bool'), {}, { comment: 'yes or no' })).toMatchObject({
      schema: '{"type":"boolean","description":"yes or no"}',
    });
  });

  it('says that it cannot be read', () => {
    expect(read(base('bool'), {}, { readable: false })).toMatchObject({ omitted: 'the role may not SELECT it' });
  });
});
