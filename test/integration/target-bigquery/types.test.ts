import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, expect, test } from 'vitest';
import { SCHEMAS } from '../../../scripts/types.mjs';
import type { TableResource } from '../../../clients/bigquery/resources.ts';
import { typeName, typeText, type BigQueryType } from '../../../targets/bigquery/types/types.ts';
import { record, schema, state } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { executable } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

interface Line {
  readonly type: string;
  /** As JSON text, so that numbers of any length can stand there. */
  readonly value: string;
  /** What the column, `C`, is read with; the column itself if this is left out. */
  readonly read?: string;
  readonly gives: string;
}

const text = (value: string): Line => ({ type: 'STRING', value: JSON.stringify(value), gives: value });
/** Decimals without the zeros that the emulator fills up with. */
const PLAIN = `REGEXP_REPLACE(CAST(C AS STRING), r'\\.?0*$', '')`;
const json = (value: string): Line => ({ type: 'JSON', value, read: 'TO_JSON_STRING(C)', gives: value });
const same = (type: string, value: string): Line => ({ type, value, gives: value });
const timestamp: Line = {
  type: 'TIMESTAMP',
  value: '"2026-01-02T03:04:05.123456+02:00"',
  read: 'FORMAT_TIMESTAMP("%F %H:%M:%E6S", C)',
  gives: '2026-01-02 01:04:05.123456',
};

/** A value for each line of the table in docs/types.md, by the schema's text, and what stands in the column then. */
const LINES: Readonly<Record<string, Line>> = {
  '{"type":"string"}': text('é "quoted" \\ \n\t\u{1F600}'),
  '{"type":"string","maxLength":20}': text('twenty characters...'),
  '{"type":"string","format":"email"}': text('ada@example.org'),
  '{"type":"integer"}': same('INT64', '-9223372036854775808'),
  // The emulator keeps 38 digits, 20 of them before the point.
  '{"type":"integer","maximum":1e+30}': { ...same('BIGNUMERIC', '12345678901234567890'), read: PLAIN },
  '{"type":"number"}': same('FLOAT64', '1.2345678901234567'),
  '{"type":"number","multipleOf":0.01}': { ...same('NUMERIC', '1234567890.12'), read: PLAIN },
  '{"type":"string","format":"singer.decimal"}': {
    type: 'BIGNUMERIC',
    value: '"-12345678901234567890.123456789012345678"',
    read: 'CAST(C AS STRING)',
    gives: '-12345678901234567890.123456789012345678',
  },
  '{"type":"string","format":"x-singer.decimal","precision":12,"scale":2}': {
    type: 'NUMERIC(12, 2)',
    value: '"1234567890.12"',
    read: PLAIN,
    gives: '1234567890.12',
  },
  '{"type":"boolean"}': same('BOOL', 'true'),
  '{"type":"string","format":"date"}': { type: 'DATE', value: '"0001-01-01"', gives: '0001-01-01' },
  '{"type":"string","format":"time"}': { type: 'TIME', value: '"23:59:59.999999"', gives: '23:59:59.999999' },
  '{"type":"string","format":"date-time"}': timestamp,
  '{"type":"string","format":"duration"}': text('P1DT2H'),
  '{"type":"string","format":"uuid"}': text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  // The emulator keeps the base64 text as the bytes; the strict double of other tests decodes it.
  '{"type":"string","contentEncoding":"base64"}': {
    type: 'BYTES',
    value: '"AP9/gA=="',
    read: 'CAST(C AS STRING)',
    gives: 'AP9/gA==',
  },
  '{"type":"string","contentMediaType":"application/json"}': {
    ...json('{"a":[1,"x"]}'),
    value: JSON.stringify('{"a":[1,"x"]}'),
  },
  '{"type":"object"}': json('{"a":{"b":1.5}}'),
  '{"type":"array"}': json('[1,"x",{"a":true}]'),
  '{"enum":["a","b"]}': text('b'),
  '{"const":5}': same('INT64', '5'),
  // The emulator reads a string in a JSON column as JSON text; BigQuery's documentation does not say so.
  '{}': json('{"anything":["at all"]}'),
  '{"type":["integer","string"]}': { type: 'STRING', value: '5', gives: '5' },
  '{"type":["string","object"]}': json('{"a":1}'),
  '{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]}': timestamp,
  '{"oneOf":[{"type":"integer"},{"type":"number"}]}': same('FLOAT64', '2.5'),
  '{"allOf":[{"type":"string"},{"maxLength":5}]}': text('five.'),
  '{"anyOf":[{"type":"integer"},{"type":"boolean"}]}': same('STRING', 'true'),
  '{"type":"string","nullable":true}': text(''),
  '{"properties":{"a":{"type":"string"}}}': json('{"a":"x"}'),
};
/** Only null was ever announced: no column. */
const NONE = '{"type":"null"}';

const schemas = SCHEMAS.map((one: object) => JSON.stringify(one));
const typed = schemas.filter((one) => one !== NONE);
const column = (one: string): string => `c${schemas.indexOf(one)}`;

await describeWithLocalBigQuery('each line of the table of types', (server) => {
  const folder = temporaryFolder();
  let types: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const properties = Object.fromEntries(schemas.map((one) => [column(one), JSON.parse(one) as object]));
    const values = typed.map((one) => `"${column(one)}":${LINES[one]?.value ?? 'null'}`).join(',');
    const settings = { project: 'test', dataset: 'd', api_endpoint: server().url, denormalized: true, compression: 'none' };
    const lines = [
      schema('every_type', { id: { type: 'integer' }, ...properties }),
      record('every_type', { id: 1 }),
      state({ at: 1 }),
    ].map((message) => JSON.stringify(message));
    // The values are texts, because JavaScript would round some of them.
    lines.splice(2, 0, `{"type":"RECORD","stream":"every_type","record":{"id":2,${values}}}`);
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify(settings));
    const input = lines.map((line) => `${line}\n`).join('');
    const command = [executable('target-bigquery'), '--config', config];
    const { stderr, stdout } = spawnSync(process.execPath, command, { input, encoding: 'utf8' });
    expect(stdout, stderr).toBe('{"at":1}\n');
    const answer = await fetch(`${server().url}/bigquery/v2/projects/test/datasets/d/tables/every_type`);
    const { fields = [] } = ((await answer.json()) as TableResource).schema ?? {};
    types = new Map(
      fields.map(({ name, precision, scale, type }) => [
        name,
        typeText({
          type: typeName(type) as BigQueryType,
          ...(precision === undefined ? {} : { precision: Number(precision), scale: Number(scale) }),
        }),
      ]),
    );
  }, 60_000);

  test.each(typed)('%s', async (one) => {
    const line = LINES[one];
    expect(line, 'a line of the table without a value here').toBeDefined();
    expect(types.get(column(one))).toBe(line!.type);
    const read = (line!.read ?? 'C').replace(/\bC\b/, column(one));
    expect(await server().query(`SELECT ${read} FROM d.every_type WHERE id = 2`)).toEqual([[line!.gives]]);
    expect(await server().query(`SELECT ${column(one)} IS NULL FROM d.every_type WHERE id = 1`)).toEqual([['true']]);
  });

  test(`${NONE} has no column`, () => {
    expect(types.has(column(NONE))).toBe(false);
  });
});
