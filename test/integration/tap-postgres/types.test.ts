import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { connected } from './drive.ts';
import { readLanes } from './lanes.ts';

/** A column of a type, a value as SQL, what is sent of it, and the settings that matter. */
type Line = readonly [type: string, sql: string, json: string, config?: object];

const NUMBERS: readonly Line[] = [
  ['smallint', '-32768', '-32768'],
  ['integer', '2147483647', '2147483647'],
  ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ['bigserial', '9007199254740993', '9007199254740993'],
  ['oid', '4294967295', '4294967295'],
  ['xid', "'4294967295'", '4294967295'],
  ['xid8', "'18446744073709551615'", '"18446744073709551615"'],
  ['numeric(10,2)', '12345678.9', '12345678.90'],
  ['numeric', '-1234567890123456789012345678901234567890.0123456789', '-1234567890123456789012345678901234567890.0123456789'],
  ['numeric', '0.000', '0.000'],
  ['numeric', "'NaN'", 'null'],
  ['numeric', "'-Infinity'", 'null'],
  ['numeric', "'NaN'", '"NaN"', { special_numbers: 'string' }],
  ['numeric', "'Infinity'", '"Infinity"', { special_numbers: 'string' }],
  ['numeric(6,2)', '-1.5', '"-1.50"', { decimal_handling: 'string' }],
  ['numeric(6,2)', '-1.5', '"-1.50"', { decimal_handling: 'singer.decimal' }],
  ['numeric(6,2)', '-1.5', '"-1.50"', { use_singer_decimal: true }],
  ['real', '0.1', '0.1'],
  ['real', '1e-37', '1e-37'],
  ['double precision', '0.1', '0.1'],
  ['double precision', '1e300', '1e+300'],
  ['double precision', "'-0'", '-0'],
  ['double precision', "'NaN'", 'null'],
  ['double precision', "'-Infinity'", '"-Infinity"', { special_numbers: 'string' }],
  ['money', '-1234.5', '-1234.50'],
  ['money', '-1234.5', '"-$1,234.50"', { money_handling: 'string' }],
];

const TEXTS: readonly Line[] = [
  ['boolean', 'true', 'true'],
  ['boolean', 'false', 'false'],
  ['char(5)', "'ab'", '"ab   "'],
  ['char(5)', "'ab'", '"ab"', { trim_char: true }],
  ['varchar(5)', "'ab '", '"ab "'],
  ['text', String.raw`E'a\t"b"\\\n\r\b\f\x0b\x01é😀'`, String.raw`"a\t\"b\"\\\n\r\b\f\u000b\u0001é😀"`],
  ['text', "''", '""'],
  ['text', String.raw`'\N'`, String.raw`"\\N"`],
  ['text', String.raw`'\.'`, String.raw`"\\."`],
  ['name', "'a name'", '"a name"'],
  ['"char"', "'x'", '"x"'],
  ['citext', "'CaSe'", '"CaSe"'],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  ['mood', "'so so'", '"so so"'],
  ['mood', "'so so'", '"so so"', { enum_labels: true }],
  ['positive', '7', '7'],
  ['very_positive', '7', '7'],
  ['xml', '\'<a b="1"/>\'', String.raw`"<a b=\"1\"/>"`],
  ['tsvector', "'a:1 b:2A'", String.raw`"'a':1 'b':2A"`],
  ['tsquery', "'a & !b'", String.raw`"'a' & !'b'"`],
  ['jsonpath', "'$.a[*] ? (@ > 1)'", String.raw`"$.\"a\"[*]?(@ > 1)"`],
  ['pg_lsn', "'16/B374D848'", '"16/B374D848"'],
  ['txid_snapshot', "'10:20:10,14,15'", '"10:20:10,14,15"'],
  ['regclass', "'pg_class'", '"pg_class"'],
  ['inet', "'192.168.0.1/24'", '"192.168.0.1/24"'],
  ['inet', "'192.168.0.1'", '"192.168.0.1"'],
  ['cidr', "'10.0.0.0/8'", '"10.0.0.0/8"'],
  ['macaddr', "'08-00-2b-01-02-03'", '"08:00:2b:01:02:03"'],
  ['macaddr8', "'08:00:2b:01:02:03:04:05'", '"08:00:2b:01:02:03:04:05"'],
  ['bit(1)', "B'1'", 'true'],
  ['bit(1)', "B'0'", 'false'],
  ['bit(1)', "B'1'", '"1"', { bit_handling: 'string' }],
  ['bit(4)', "B'0101'", '"0101"'],
  ['bit varying', "B'01'", '"01"'],
  ['point', "'(1.5,2)'", '"(1.5,2)"'],
  ['line', "'{1,2,3}'", '"{1,2,3}"'],
  ['lseg', "'[(0,0),(1,1)]'", '"[(0,0),(1,1)]"'],
  ['box', "'(1,1),(0,0)'", '"(1,1),(0,0)"'],
  ['path', "'[(0,0),(1,1)]'", '"[(0,0),(1,1)]"'],
  ['polygon', "'((0,0),(1,1))'", '"((0,0),(1,1))"'],
  ['circle', "'<(0,0),5>'", '"<(0,0),5>"'],
  ['ltree', "'Top.Science'", '"Top.Science"'],
  ['hstore', String.raw`'a=>1, "b c"=>NULL, "q\"\\"=>"\""'`, String.raw`{"a":"1","b c":null,"q\"\\":"\""}`],
];

const JSONS: readonly Line[] = [
  [
    'json',
    String.raw`'{"a" :  [1.0, 12345678901234567890, 1e400 ],` + '\n"b\\u0041": "x\\/y  z"}\'',
    '{"a":[1.0,12345678901234567890,1e400],"bA":"x/y  z"}',
  ],
  ['json', "'null'", 'null'],
  ['jsonb', String.raw`'{"b": "\"\\\n", "a": {"c": []}}'`, String.raw`{"a":{"c":[]},"b":"\"\\\n"}`],
  ['jsonb', '\'"text"\'', '"text"'],
  ['jsonb', "'12'", '12'],
  ['jsonb', '\'{"a": 1}\'', String.raw`"{\"a\": 1}"`, { json_handling: 'string' }],
  ['jsonb', '\'{"a": 1}\'', '{"a":1}', { json_handling: 'object' }],
  ['jsonb', '\'{"a": 1}\'', '{"a":1}', { json_as_object: true }],
  ['bytea', String.raw`'\x00ff10ab'`, '"AP8Qqw=="'],
  ['bytea', "''", '""'],
  ['bytea', String.raw`'\x00ff10'`, '"00ff10"', { binary_handling: 'hex' }],
];

const TIMES: readonly Line[] = [
  ['date', "'2026-01-31'", '"2026-01-31"'],
  ['date', "'infinity'", '"infinity"'],
  ['date', "'0044-03-15 BC'", '"0044-03-15 BC"'],
  ['date', "'10000-01-01'", '"10000-01-01"'],
  ['date', "'10000-01-01'", 'null', { temporal_out_of_range: 'null' }],
  ['date', "'10000-01-01'", '"9999-12-31"', { temporal_out_of_range: 'clamp' }],
  ['date', "'0044-03-15 BC'", '"0001-01-01"', { temporal_out_of_range: 'clamp' }],
  ['date', "'2026-01-31'", '"2026-01-31"', { dates_as_string: true }],
  ['timestamp', "'2026-01-31 12:00:00.123456'", '"2026-01-31T12:00:00.123456+00:00"'],
  ['timestamp', "'2026-01-31 12:00:00'", '"2026-01-31T13:00:00+00:00"', { timestamp_zone: 'Atlantic/Azores' }],
  ['timestamp', "'2026-07-31 12:00:00.5'", '"2026-07-31T10:00:00.5+00:00"', { timestamp_zone: 'Europe/Berlin' }],
  ['timestamp', "'-infinity'", '"-infinity"'],
  ['timestamp', "'-infinity'", '"0001-01-01T00:00:00+00:00"', { temporal_out_of_range: 'clamp' }],
  ['timestamp', "'2026-01-31 12:00:00.1'", '"2026-01-31 12:00:00.1"', { dates_as_string: true }],
  ['timestamptz', "'2026-01-31 12:00:00.000001+05:30'", '"2026-01-31T06:30:00.000001+00:00"'],
  ['timestamptz', "'294276-12-31 23:59:59.999999+00'", '"294276-12-31 23:59:59.999999+00"'],
  ['timestamptz', "'294276-12-31 23:59:59.999999+00'", '"9999-12-31T23:59:59.999999+00:00"', { temporal_out_of_range: 'clamp' }],
  ['timestamptz', "'infinity'", 'null', { temporal_out_of_range: 'null' }],
  ['timestamptz', "'2026-01-31 12:00:00+02'", '"2026-01-31 10:00:00+00"', { dates_as_string: true }],
  ['time', "'24:00:00'", '"24:00:00"'],
  ['time', "'03:04:05.123456'", '"03:04:05.123456"'],
  ['timetz', "'03:04:05.5+05:30'", '"03:04:05.5+05:30"'],
  ['interval', "'1 year 2 mons 3 days 04:05:06.789'", '"P1Y2M3DT4H5M6.789S"'],
  ['interval', "'-1 month +1 day'", '"P-1M1D"'],
  ['interval', "'0'", '"PT0S"'],
  ['interval', "'1 day 00:00:01.5'", '86401.500000', { interval_handling: 'seconds' }],
];

const MADE: readonly Line[] = [
  ['int[]', "'{1,NULL,3}'", '[1,null,3]'],
  ['int[]', "'{{1,2},{3,4}}'", '[[1,2],[3,4]]'],
  ['int[]', "'[0:1]={5,6}'", '[5,6]'],
  ['int[]', "'{}'", '[]'],
  ['text[]', `'{a,"b c",NULL,"NULL","","\\"","{,}"}'`, String.raw`["a","b c",null,"NULL","","\"","{,}"]`],
  ['numeric[]', "'{1.50,NaN}'", '[1.50,null]'],
  ['money[]', "'{1.50}'", '[1.50]'],
  ['timestamptz[]', "'{2026-01-31 12:00:00+01}'", '["2026-01-31T11:00:00+00:00"]'],
  ['jsonb[]', `ARRAY['{"a": [1, "x"]}'::jsonb, NULL]`, '[{"a":[1,"x"]},null]'],
  ['bytea[]', String.raw`ARRAY['\x00ff'::bytea]`, '["AP8="]'],
  ['box[]', "'{(1,1),(0,0);(2,2),(1,1)}'", '["(1,1),(0,0)","(2,2),(1,1)"]'],
  ['mood[]', "'{happy,so so}'", '["happy","so so"]'],
  ['place[]', `ARRAY[ROW('a "b",', 1)::place, NULL]`, String.raw`[{"street":"a \"b\",","number":1},null]`],
  ['place', "ROW('Mall', NULL)", '{"street":"Mall","number":null}'],
  ['place', "ROW('Mall', NULL)", '"(Mall,)"', { composite_handling: 'string' }],
  [
    'visit',
    "ROW('2026-01-31 12:00', ROW(E'a\\\\b', 2)::place, '{1.5,2}', '{\"k\": [1]}', '\\x00')",
    String.raw`{"at":"2026-01-31T12:00:00+00:00","place":{"street":"a\\b","number":2},"prices":[1.5,2],"doc":{"k":[1]},"raw":"AA=="}`,
  ],
  ['int4range', "'[1,10)'", '"[1,10)"'],
  ['int4range', "'empty'", '"empty"'],
  ['int4range', "'[1,10)'", '{"lower":1,"upper":10,"lower_inc":true,"upper_inc":false,"empty":false}', { range_handling: 'object' }],
  ['numrange', "'(,1.5]'", '{"lower":null,"upper":1.5,"lower_inc":false,"upper_inc":true,"empty":false}', { range_handling: 'object' }],
  ['tstzrange', "'[2026-01-01 00:00+00,)'", String.raw`"[\"2026-01-01 00:00:00+00\",)"`],
  ['int4range', "'empty'", '{"lower":null,"upper":null,"lower_inc":false,"upper_inc":false,"empty":true}', { range_handling: 'object' }],
  ['int4multirange', "'{[1,3),[5,9)}'", '"{[1,3),[5,9)}"'],
  [
    'int4multirange',
    "'{[1,3)}'",
    '[{"lower":1,"upper":3,"lower_inc":true,"upper_inc":false,"empty":false}]',
    { range_handling: 'object' },
  ],
]; // prettier-ignore

/** What came with Postgres 14: multiranges, infinite numerics, exact fractions of seconds. */
const isNew = ([type, sql, , config = {}]: Line): boolean =>
  type.includes('multirange') || (type === 'numeric' && sql.includes('Infinity')) || 'interval_handling' in config; // prettier-ignore

const LINES = [...NUMBERS, ...TEXTS, ...JSONS, ...TIMES, ...MADE]
  .filter((line) => SERVER_VERSION >= 14 || !isNew(line))
  .map(([type, sql, json, config = {}]) => ({ type, sql, json, config }));

/** What a role may have been given for its sessions. */
const DEFAULTS = [
  "DateStyle = 'SQL, DMY'",
  "IntervalStyle = 'sql_standard'",
  "bytea_output = 'escape'",
  "TimeZone = 'Asia/Kathmandu'",
  'extra_float_digits = -15',
  'standard_conforming_strings = off',
  "xmlbinary = 'hex'",
  "client_encoding = 'LATIN1'",
  'search_path = hostile, pg_catalog, public',
  'default_transaction_isolation = serializable',
  'row_security = off',
];

describeWithPostgres('tap-postgres and the types of Postgres', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
      CREATE TYPE mood AS ENUM ('happy', 'so so'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN very_positive AS positive CHECK (VALUE > 5);
      CREATE TYPE place AS (street text, number int); CREATE TYPE visit AS (at timestamp, place place, prices numeric[], doc jsonb, raw bytea);
      SET lc_monetary = 'C'`);
  });
  afterAll(() => client.end());

  it.each(LINES)('$type: $sql is sent as $json with $config', async ({ type, sql, json, config }) => {
    await client.query(`DROP TABLE IF EXISTS one; CREATE TABLE one (v ${type}); INSERT INTO one VALUES (${sql})`);
    const { fast, general } = await readLanes(url(), 'public-one', { tables: ['public.one'], ...config });
    expect([fast.error, general.error]).toEqual([undefined, undefined]);
    expect(fast.records).toEqual([`{"v":${json}}`]);
    expect(general).toEqual(fast);
  });

  it.each<[string, (role: string) => string]>([
    ['the role', (role) => `ROLE ${role}`],
    ['the database', () => `DATABASE ${new URL(url()).pathname.slice(1)}`],
    ['the role in this database', (role) => `ROLE ${role} IN DATABASE ${new URL(url()).pathname.slice(1)}`],
  ])('are sent the same whatever is set for sessions of %s, all in one table', async (_, whose) => {
    await client.query(`DROP ROLE IF EXISTS types_reader; CREATE ROLE types_reader LOGIN SUPERUSER; CREATE SCHEMA IF NOT EXISTS hostile;
      CREATE OR REPLACE VIEW hostile.pg_class AS SELECT 1 AS oid; CREATE OR REPLACE VIEW hostile.pg_attribute AS SELECT 1 AS attrelid; CREATE OR REPLACE VIEW hostile.pg_type AS SELECT 1 AS oid;
      CREATE OR REPLACE VIEW hostile.pg_inherits AS SELECT 1 AS inhrelid; CREATE OR REPLACE VIEW hostile.pg_namespace AS SELECT 1 AS oid; CREATE OR REPLACE VIEW hostile.one AS SELECT 'not this one' AS v0;
      CREATE OR REPLACE FUNCTION hostile.format_type(oid, int) RETURNS text LANGUAGE sql AS $$SELECT 'none'$$`);
    const target = whose('types_reader');
    for (const setting of DEFAULTS) await client.query(`ALTER ${target} SET ${setting}`);
    const reader = new URL(url());
    reader.username = 'types_reader';
    try {
      for (const text of new Set(LINES.map(({ config }) => JSON.stringify(config)))) {
        const lines = LINES.filter(({ config }) => JSON.stringify(config) === text);
        const columns = lines.map(({ type }, n) => `v${n} ${type}`);
        await client.query(
          `DROP TABLE IF EXISTS public.one; CREATE TABLE public.one (${columns.join(', ')}); INSERT INTO public.one VALUES (${lines.map(({ sql }) => sql).join(', ')})`,
        );
        const { fast, general } = await readLanes(reader.href, 'public-one', {
          tables: ['public.one'],
          ...(JSON.parse(text) as object),
        });
        expect([fast.error, general.error]).toEqual([undefined, undefined]);
        expect(fast.records).toEqual([`{${lines.map(({ json }, n) => `"v${n}":${json}`).join(',')}}`]);
        expect(general).toEqual(fast);
      }
    } finally {
      for (const setting of DEFAULTS) await client.query(`ALTER ${target} RESET ${setting.split(' =')[0]}`);
      await client.query('DROP ROLE types_reader; DROP SCHEMA hostile CASCADE');
    }
  });
});
