import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import type { Json, JsonSchema } from '../../../singer/index.ts';
import { sql, type Sql } from './drive.ts';
import { through, type Lane, type Said } from './through-core.ts';

/** A value as it stands in a RECORD line, and what becomes of it. */
interface Edge {
  readonly schema: JsonSchema;
  /** JSON text, or what some taps write in its place. */
  readonly value: string;
  readonly settings?: Record<string, Json>;
  /** The value in the table, as text. */
  readonly kept?: string | null;
  /** Reasons in `_sdc_changes`; none if it stands there as it came. */
  readonly changes?: readonly string[];
  /** Code of the error, where the run is to fail. */
  readonly refused?: string;
}

const STRING = { type: ['string', 'null'] };
const INTEGER = { type: ['integer', 'null'] };
const NUMBER = { type: ['number', 'null'] };
const DECIMAL = { type: ['string', 'null'], format: 'singer.decimal' };
const SIZED_DECIMAL = { ...DECIMAL, precision: 6, scale: 2 };
const OBJECT = { type: ['object', 'null'] };
const DATE_TIME = { type: ['string', 'null'], format: 'date-time' };
const DATE = { type: ['string', 'null'], format: 'date' };
const TIME = { type: ['string', 'null'], format: 'time' };
const REPLACE = { nul_policy: 'replace' };
const NULLS = { time_policy: 'null' };

const EDGES: Readonly<Record<string, Edge>> = {
  'U+0000 in text is left out': { schema: STRING, value: String.raw`"a\u0000b"`, kept: 'ab', changes: ['nul-stripped'] },
  'U+0000 in text is replaced': { schema: STRING, settings: REPLACE, value: String.raw`"a\u0000b"`, kept: 'a\ufffdb', changes: ['nul-replaced'] },
  'U+0000 in text fails': { schema: STRING, settings: { nul_policy: 'fail' }, value: String.raw`"a\u0000b"`, refused: 'value-has-nul' },
  'U+0000 deep in JSON is left out': { schema: OBJECT, value: String.raw`{"a":[{"b\u0000":"\u0000c"}]}`, kept: '{"a": [{"b": "c"}]}', changes: ['nul-stripped', 'nul-stripped'] },
  'U+0000 deep in JSON is replaced': { schema: OBJECT, settings: REPLACE, value: String.raw`{"a":["\u0000c"]}`, kept: '{"a": ["\ufffdc"]}', changes: ['nul-replaced'] },
  'the escape of U+0000 as plain text stays': { schema: STRING, value: String.raw`"a\\u0000b"`, kept: String.raw`a\u0000b` },
  'half of a surrogate pair in text is replaced': { schema: STRING, value: String.raw`"a\ud800b"`, kept: 'a\ufffdb', changes: ['surrogate-replaced'] },
  'half of a surrogate pair in JSON is replaced': { schema: OBJECT, value: String.raw`{"a":"\udc00"}`, kept: '{"a": "\ufffd"}', changes: ['surrogate-replaced'] },
  'a surrogate pair stays': { schema: STRING, value: String.raw`"\ud83d\ude00"`, kept: '😀' },
  'other control characters stay': { schema: STRING, value: String.raw`"\u0001\b\f\u001f\u007f"`, kept: '\u0001\b\f\u001f\u007f' },
  'tab, newline, return and backslash stay': { schema: STRING, value: String.raw`"a\tb\nc\rd\\e\\n"`, kept: 'a\tb\nc\rd\\e\\n' },
  'an empty text is no null': { schema: STRING, value: '""', kept: '' },
  'the text NULL is no null': { schema: STRING, value: '"NULL"', kept: 'NULL' },
  'the text of COPY null is no null': { schema: STRING, value: String.raw`"\\N"`, kept: String.raw`\N` },
  'the end mark of COPY is text': { schema: STRING, value: String.raw`"\\."`, kept: String.raw`\.` },
  'null is null': { schema: STRING, value: 'null', kept: null },

  'the largest bigint stays': { schema: INTEGER, value: '9223372036854775807', kept: '9223372036854775807' },
  'the smallest bigint stays': { schema: INTEGER, value: '-9223372036854775808', kept: '-9223372036854775808' },
  'an integer beyond 2^53 stays exact': { schema: INTEGER, value: '9007199254740993', kept: '9007199254740993' },
  'an integer beyond bigint widens its column': { schema: INTEGER, value: '9223372036854775808', kept: '9223372036854775808' },
  'an integer of 60 digits widens its column': { schema: INTEGER, value: '1'.repeat(60), kept: '1'.repeat(60) },
  'an integer beyond bigint is refused where columns stay': { schema: INTEGER, settings: { on_type_change: 'fail' }, value: '9223372036854775808', refused: 'value-out-of-range' },
  'an integer beyond bigint is null where bad values are': {
    schema: INTEGER, settings: { on_type_change: 'fail', on_bad_record: 'null_value' }, value: '9223372036854775808', kept: null, changes: ['value-out-of-range'],
  },
  'an integer written as 1e3 stays one': { schema: INTEGER, value: '1e3', kept: '1000' },
  'an integer written as 5.0 stays one': { schema: INTEGER, value: '5.0', kept: '5' },
  'a number keeps more digits than a double has': { schema: NUMBER, value: '0.12345678901234567890123456789', kept: '0.12345678901234567890123456789' },
  'a number keeps its zeros': { schema: NUMBER, value: '1.10', kept: '1.10' },
  'a number beyond a double stays exact': { schema: NUMBER, value: '1e400', kept: `1${'0'.repeat(400)}` },
  'a number in JSON stays exact': { schema: OBJECT, value: '{"a":0.1234567890123456789,"b":12345678901234567890}', kept: '{"a": 0.1234567890123456789, "b": 12345678901234567890}' },
  'a number beyond numeric is refused': { schema: NUMBER, value: '1e200000', refused: 'value-out-of-range' },
  'a number beyond numeric in JSON is refused': { schema: OBJECT, value: '{"a":1e200000}', refused: 'value-out-of-range' },
  'NaN of a Python tap is a number': { schema: NUMBER, value: 'NaN', kept: 'NaN' },
  'NaN among integers is null': { schema: INTEGER, value: 'NaN', kept: null, changes: ['not-a-number'] },
  'Infinity among integers is null': { schema: INTEGER, value: '-Infinity', kept: null, changes: ['not-a-number'] },
  'NaN in JSON is null': { schema: OBJECT, value: '{"a":[NaN,-Infinity,"NaN"]}', kept: '{"a": [null, null, "NaN"]}', changes: ['not-a-number'] },
  'NaN as a string of decimals is one': { schema: DECIMAL, value: '"NaN"', kept: 'NaN' },
  'infinity as a string of decimals is one': { schema: DECIMAL, value: '"-Infinity"', kept: '-Infinity' },
  'NaN of a decimal with a scale is one': { schema: SIZED_DECIMAL, value: '"NaN"', kept: 'NaN' },
  'infinity of a decimal with a scale is refused': { schema: SIZED_DECIMAL, value: '"Infinity"', refused: 'value-out-of-range' },
  'NaN of a number that may be a string stays, in the column that is asked for': {
    schema: { type: ['number', 'string', 'null'], 'x-sql-datatype': 'double precision' }, value: '"NaN"', kept: 'NaN',
  },
  'a number that may be a string keeps its digits in the column that is asked for': {
    schema: { type: ['number', 'string', 'null'], 'x-sql-datatype': 'numeric(20,4)' }, value: '1234567890123456.7891', kept: '1234567890123456.7891',
  },
  'a decimal with more digits than its scale is rounded': {
    schema: SIZED_DECIMAL, value: '"1.005"', kept: '1.01', changes: ['rounded-to-scale'],
  },

  'year 0 is refused': { schema: DATE_TIME, value: '"0000-01-01T00:00:00Z"', refused: 'value-out-of-range' },
  'year 0 is null where told so': { schema: DATE_TIME, settings: NULLS, value: '"0000-01-01T00:00:00Z"', kept: null, changes: ['time-nulled'] },
  'the date of zeros is null where told so': { schema: DATE, settings: NULLS, value: '"0000-00-00"', kept: null, changes: ['time-nulled'] },
  '30 February is null where told so': { schema: DATE, settings: NULLS, value: '"2024-02-30"', kept: null, changes: ['time-nulled'] },
  'years before Christ stay': { schema: DATE_TIME, value: '"-0043-03-15T12:00:00Z"', kept: '0044-03-15 12:00:00+00 BC' },
  'the first year of Postgres stays': { schema: DATE, value: '"-4712-01-01"', kept: '4713-01-01 BC' },
  'an earlier year is null where told so': { schema: DATE, settings: NULLS, value: '"-4713-01-01"', kept: null, changes: ['time-nulled'] },
  'years beyond 9999 stay': { schema: DATE_TIME, value: '"+020000-01-01T00:00:00Z"', kept: '20000-01-01 00:00:00+00' },
  'the last whole year of Postgres stays': { schema: DATE_TIME, value: '"+294275-12-31T00:00:00Z"', kept: '294275-12-31 00:00:00+00' },
  'a later year is null where told so': { schema: DATE_TIME, settings: NULLS, value: '"+294277-01-01T00:00:00Z"', kept: null, changes: ['time-nulled'] },
  'infinity stays': { schema: DATE_TIME, value: '"infinity"', kept: 'infinity' },
  'minus infinity stays': { schema: DATE_TIME, value: '"-infinity"', kept: '-infinity' },
  'infinity stays whatever zone is told': { schema: DATE_TIME, settings: { assume_timezone: 'Europe/Berlin' }, value: '"infinity"', kept: 'infinity' },
  'an infinite date stays': { schema: DATE, value: '"infinity"', kept: 'infinity' },
  'a date at minus infinity stays': { schema: DATE, value: '"-infinity"', kept: '-infinity' },
  'other words for infinity are refused': { schema: DATE, settings: NULLS, value: '"Infinity"', refused: 'record-invalid' },
  'years before Christ as Postgres writes them stay': { schema: DATE_TIME, value: '"0044-03-15 12:00:00.123456+00 BC"', kept: '0044-03-15 12:00:00.123456+00 BC' },
  'years before Christ without a zone are UTC': { schema: DATE_TIME, value: '"0044-03-15 12:00:00 BC"', kept: '0044-03-15 12:00:00+00 BC' },
  'years before Christ without a zone are in the zone that is told': {
    schema: DATE_TIME, settings: { assume_timezone: 'Etc/GMT-1' }, value: '"0044-03-15 12:00:00 BC"', kept: '0044-03-15 11:00:00+00 BC',
  },
  'a date before Christ stays': { schema: DATE, value: '"0044-03-15 BC"', kept: '0044-03-15 BC' },
  '29 February of 1 BC, which is year 0, stays': { schema: DATE, value: '"0001-02-29 BC"', kept: '0001-02-29 BC' },
  '29 February of 2 BC is null where told so': { schema: DATE, settings: NULLS, value: '"0002-02-29 BC"', kept: null, changes: ['time-nulled'] },
  'a year 0 before Christ is null where told so': { schema: DATE, settings: NULLS, value: '"0000-01-01 BC"', kept: null, changes: ['time-nulled'] },
  'a signed year before Christ is null where told so': { schema: DATE, settings: NULLS, value: '"-0044-03-15 BC"', kept: null, changes: ['time-nulled'] },
  'the first date of Postgres stays': { schema: DATE, value: '"4714-11-24 BC"', kept: '4714-11-24 BC' },
  'the day before is null where told so': { schema: DATE, settings: NULLS, value: '"4714-11-23 BC"', kept: null, changes: ['time-nulled'] },
  'the last date of Postgres stays': { schema: DATE, value: '"5874897-12-31"', kept: '5874897-12-31' },
  'the day after is null where told so': { schema: DATE, settings: NULLS, value: '"5874898-01-01"', kept: null, changes: ['time-nulled'] },
  'the first moment of Postgres stays': { schema: DATE_TIME, value: '"4714-11-24 00:00:00+00 BC"', kept: '4714-11-24 00:00:00+00 BC' },
  'the last moment of Postgres stays': { schema: DATE_TIME, value: '"294276-12-31 23:59:59.999999+00"', kept: '294276-12-31 23:59:59.999999+00' },
  'a moment that its zone may put behind the last is null where told so': {
    schema: DATE_TIME, settings: NULLS, value: '"294276-12-31 23:30:00-01:00"', kept: null, changes: ['time-nulled'],
  },
  'the midnight behind the last moment is null where told so': {
    schema: DATE_TIME, settings: NULLS, value: '"294276-12-31 24:00:00+00"', kept: null, changes: ['time-nulled'],
  },
  'digits that round to behind the last moment are null where told so': {
    schema: DATE_TIME, settings: NULLS, value: '"294276-12-31 23:59:59.9999999+00"', kept: null, changes: ['time-nulled'],
  },
  '24:00:00 is the next midnight': { schema: DATE_TIME, value: '"2024-12-31T24:00:00Z"', kept: '2025-01-01 00:00:00+00' },
  'a leap second is the next minute': { schema: DATE_TIME, value: '"2016-12-31T23:59:60Z"', kept: '2017-01-01 00:00:00+00' },
  'nine digits of a second are rounded': { schema: DATE_TIME, value: '"2024-01-01T00:00:00.123456789Z"', kept: '2024-01-01 00:00:00.123457+00', changes: ['rounded-to-microseconds'] },
  'nine digits of which three are zeros stay': { schema: DATE_TIME, value: '"2024-01-01T00:00:00.123456000Z"', kept: '2024-01-01 00:00:00.123456+00' },
  'an offset counts': { schema: DATE_TIME, value: '"2024-01-01T00:00:00+05:30"', kept: '2023-12-31 18:30:00+00' },
  'no offset is UTC': { schema: DATE_TIME, value: '"2024-07-01T12:00:00"', kept: '2024-07-01 12:00:00+00' },
  'no offset is the zone that is told, in summer': { schema: DATE_TIME, settings: { assume_timezone: 'Europe/Berlin' }, value: '"2024-07-01T12:00:00"', kept: '2024-07-01 10:00:00+00' },
  'no offset is the zone that is told, in winter': { schema: DATE_TIME, settings: { assume_timezone: 'Europe/Berlin' }, value: '"2024-01-01 12:00:00.5"', kept: '2024-01-01 11:00:00.5+00' },
  'a date alone is midnight in the zone that is told': { schema: DATE_TIME, settings: { assume_timezone: 'Europe/Berlin' }, value: '"2024-01-01"', kept: '2023-12-31 23:00:00+00' },
  'an offset counts whatever zone is told': { schema: DATE_TIME, settings: { assume_timezone: 'Europe/Berlin' }, value: '"2024-01-01T12:00:00Z"', kept: '2024-01-01 12:00:00+00' },
  'the offset of a time is dropped': { schema: TIME, value: '"10:00:00+02:00"', kept: '10:00:00', changes: ['zone-dropped'] },
  'the time of day of a date is dropped': { schema: DATE, value: '"2024-01-01T10:00:00Z"', kept: '2024-01-01', changes: ['time-of-day-dropped'] },
}; // prettier-ignore

const LANES: readonly Lane[] = ['fast', 'general'];

describeWithPostgres('edge values', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  let tables = 0;
  const run = async (lane: Lane, { schema, value, settings = {} }: Edge): Promise<{ said: Said; table: string }> => {
    const stream = `edge_${tables++}`;
    const lines = [
      JSON.stringify({ type: 'SCHEMA', stream, schema: { type: 'object', properties: { id: { type: 'integer' }, x: schema } }, key_properties: [] }),
      // The fast lane learns the shape of the lines from these.
      ...Array.from({ length: 4 }, (_, id) => `{"type":"RECORD","stream":"${stream}","record":{"id":${id},"x":null}}`),
      `{"type":"RECORD","stream":"${stream}","record":{"id":9,"x":${value}}}`,
      `{"type":"RECORD","stream":"${stream}","record":{"id":10,"x":null}}`,
      '{"type":"STATE","value":{"a":1}}',
    ]; // prettier-ignore
    return { said: await through(url(), lane, settings, lines), table: stream };
  };

  describe.each(LANES)('by the %s lane', (lane) => {
    test.each(Object.entries(EDGES))('%s', async (_, edge) => {
      if (edge.refused !== undefined) {
        await expect(run(lane, edge)).rejects.toMatchObject({ code: edge.refused, facts: { property: 'x' } });
        return;
      }
      const { said, table } = await run(lane, edge);
      const rows = await query(`SELECT *, x::text AS text FROM ${table} ORDER BY id`);
      expect(rows.map(({ id }) => id)).toEqual(['0', '1', '2', '3', '9', '10']);
      const row = rows[4]!;
      expect(row['text']).toBe(edge.kept);
      const notes = (row['_sdc_changes'] ?? []) as { column: string; reason: string; old: string }[];
      expect(notes.map(({ column, reason }) => `${column} ${reason}`)).toEqual(
        (edge.changes ?? []).map((reason) => `x ${reason}`),
      );
      for (const { old } of notes) expect(old).not.toBe('');
      // No change, no column for it.
      expect('_sdc_changes' in row).toBe(edge.changes !== undefined);
      expect(rows.filter((other) => other !== row).every((other) => !other['_sdc_changes'])).toBe(true);
      expect(said.states).toEqual(['{"a":1}']);
    });

    test('without metadata columns changes are counted and told', async () => {
      const edge = { ...EDGES['U+0000 in text is left out']!, settings: { add_record_metadata: false } };
      const { said, table } = await run(lane, edge);
      expect(Object.keys((await query(`SELECT * FROM ${table}`))[0]!)).toEqual(['id', 'x']);
      expect(said.warnings.map(({ fields }) => fields)).toContainEqual(
        expect.objectContaining({ column: 'x', reason: 'nul-stripped', values: 1 }),
      );
    });
  });

  test('a note keeps the first 200 characters of what a value was', async () => {
    const { table } = await run('fast', { schema: STRING, value: `"${String.raw`\u0000`}${'é'.repeat(400)}"` });
    const [row] = await query(`SELECT _sdc_changes AS notes, length(x) AS length FROM ${table} WHERE id = 9`);
    expect(row).toEqual({
      notes: [{ column: 'x', reason: 'nul-stripped', old: `${String.raw`\u0000`}${'é'.repeat(194)}` }],
      length: 400,
    });
  });

  test('an update with a value that needs no change takes the note away', async () => {
    const lines = (value: string): string[] => [
      '{"type":"SCHEMA","stream":"noted","schema":{"properties":{"id":{"type":"integer"},"x":{"type":"string"}}},"key_properties":["id"]}',
      `{"type":"RECORD","stream":"noted","record":{"id":1,"x":${value}}}`,
    ];
    const settings = { load_method: 'upsert' };
    await through(url(), 'fast', settings, lines(String.raw`"a\u0000"`));
    expect(await query('SELECT x, _sdc_changes IS NULL AS clean FROM noted')).toEqual([{ x: 'a', clean: false }]);
    await through(url(), 'fast', settings, lines('"b"'));
    expect(await query('SELECT x, _sdc_changes IS NULL AS clean FROM noted')).toEqual([{ x: 'b', clean: true }]);
  });

  test('an integer beyond bigint in a table too large to rewrite goes beside it, in the order of the records', async () => {
    const lines = (...values: string[]): string[] => [
      '{"type":"SCHEMA","stream":"huge","schema":{"properties":{"id":{"type":"integer"},"x":{"type":["integer","null"]}}},"key_properties":["id"]}',
      ...values.map((value, id) => `{"type":"RECORD","stream":"huge","record":{"id":${id},"x":${value}}}`),
    ];
    const settings = { load_method: 'upsert', add_record_metadata: false, max_rewrite_rows: 0 };
    await through(url(), 'fast', settings, lines('1', '2'));
    await through(url(), 'fast', settings, lines('3', '18446744073709551616', '5'));
    const rows = await query('SELECT id::int, x, x__numeric FROM huge ORDER BY id');
    expect(rows).toEqual([
      { id: 0, x: '3', x__numeric: null },
      { id: 1, x: null, x__numeric: '18446744073709551616' },
      { id: 2, x: null, x__numeric: '5' },
    ]);
  });

  test('rows with names that meet, are reserved, empty or too long keep all their values', async () => {
    const long = 'x'.repeat(70);
    const names = [
      'Id',
      'id',
      'ID',
      'order',
      'user',
      'select',
      '',
      ' ',
      `${long}a`,
      `${long}b`,
      'quo"te',
      'back\\slash',
      'tab\t',
      '_sdc_extra',
    ];
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'integer' }]));
    const record = Object.fromEntries(names.map((name, i) => [name, i]));
    for (const lane of LANES) {
      const stream = `Names ${lane}`;
      const message = { type: 'RECORD', stream, record };
      const lines = [{ type: 'SCHEMA', stream, schema: { properties }, key_properties: [] }, message, message, message];
      await through(
        url(),
        lane,
        { add_record_metadata: false, column_casing: 'lower' },
        lines.map((line) => JSON.stringify(line)),
      );
      const rows = await query(`SELECT * FROM "names ${lane}"`);
      // The name of a column of ours is not the record's to fill.
      for (const row of rows) expect(Object.values(row)).toEqual(names.slice(0, -1).map((_, i) => String(i)));
      expect(Object.keys(rows[0]!).every((name) => Buffer.byteLength(name) <= 63)).toBe(true);
    }
  });

  test('streams whose names differ in case alone have a table each', async () => {
    const lines = ['Users', 'users'].flatMap((stream, n) => [
      JSON.stringify({ type: 'SCHEMA', stream, schema: { properties: { n: { type: 'integer' } } }, key_properties: [] }),
      JSON.stringify({ type: 'RECORD', stream, record: { n } }),
    ]);
    await through(url(), 'fast', { add_record_metadata: false, column_casing: 'lower' }, lines);
    const tables = await query("SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'users%' ORDER BY 1");
    expect(tables).toHaveLength(2);
  });
});
