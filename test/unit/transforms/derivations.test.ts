import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { canonicalOf } from '../../../transforms/canonical.ts';
import { ExactNumber } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

const ANY = { user: {}, timestamp: {}, project: {}, hours: {} };

async function set(
  made: JsonObject,
  records: readonly (JsonObject | string)[],
  properties: JsonObject = ANY,
): Promise<Transformed> {
  const lines = records.map((record) =>
    typeof record === 'string'
      ? `{"type":"RECORD","stream":"s","record":${record}}`
      : record['type'] === undefined
        ? recordOf('s', record)
        : record,
  );
  const result = await transform({ transforms: { s: { set: { made } } } }, [schemaOf('s', properties), ...lines]);
  expectValid(result);
  return result;
}

const made = (result: Transformed): Json[] => result.records('s').map((record) => (record as JsonObject)['made']!);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

describe('key_hash', () => {
  const of = ['user', 'timestamp', 'project', 'hours'];
  const row = { user: 'zoë', timestamp: '2018-04-16 09:01:12', project: null, hours: 2.5 };

  test('is the SHA-256 of texts with their lengths before them, as anyone can compute it', async () => {
    expect(made(await set({ key_hash: { of } }, [row]))).toEqual([sha256('4:zoë19:2018-04-16 09:01:12-3:2.5')]);
  });

  test('with occurrence numbers rows that are equal, and gives the same keys in each run', async () => {
    const rows = [row, { ...row, hours: 3 }, row, row];
    const first = made(await set({ key_hash: { of, occurrence: true } }, rows));
    expect(new Set(first).size).toBe(4);
    expect(first[0]).toBe(sha256('4:zoë19:2018-04-16 09:01:12-3:2.5'));
    expect(first[2]).toBe(sha256('4:zoë19:2018-04-16 09:01:12-3:2.5#2'));
    expect(made(await set({ key_hash: { of, occurrence: true } }, rows))).toEqual(first);
    const reversed = made(await set({ key_hash: { of, occurrence: true } }, rows.toReversed()));
    expect(new Set(reversed)).toEqual(new Set(first));
  });

  test('goes on numbering over a new SCHEMA', async () => {
    const other = schemaOf('s', { ...ANY, more: {} });
    expect(new Set(made(await set({ key_hash: { of, occurrence: true } }, [row, other, row]))).size).toBe(2);
  });

  test('tells values apart that only look alike, and takes different spellings for one', async () => {
    const different = [
      '{"user":"a","project":"bc"}',
      '{"user":"ab","project":"c"}',
      '{"user":"","project":null}',
      '{"user":null,"project":""}',
      '{"user":"null"}',
      '{}',
    ];
    expect(new Set(made(await set({ key_hash: ['user', 'project'] }, different))).size).toBe(6);
    const equal = ['{"hours":1.10}', '{"hours":1.1}', '{"hours":11e-1}', '{"hours":0.0110E2}'];
    expect(new Set(made(await set({ key_hash: 'hours' }, equal))).size).toBe(1);
    const objects = ['{"project":{"a":1,"b":[2.0]}}', '{"project":{"b":[2],"a":1.0}}'];
    expect(new Set(made(await set({ key_hash: 'project' }, objects))).size).toBe(1);
  });

  test('takes nested fields, refuses unknown ones', async () => {
    const nested = { o: { type: 'object', properties: { p: { type: 'string' } } } };
    expect(made(await set({ key_hash: 'o.p' }, [{ o: { p: 'x' } }, {}], nested))).toEqual([sha256('1:x'), sha256('-')]);
    await expect(set({ key_hash: { of: ['usr'] } }, [])).rejects.toThrow(/set\.made\.key_hash\.of: .*did you mean user/);
  });

  test('ends the run when the numbering takes more memory than it may', async () => {
    const rows = Array.from({ length: 60_000 }, (_, user) => ({ user }));
    await expect(set({ key_hash: { of: 'user', occurrence: true, memory: 1 } }, rows)).rejects.toThrow(/more than 1 MB/);
  });
});

test.each([
  ['0', '-0', '0.000', '0e5', '-0.0E-3'],
  ['12.5', '12.50', '1.25e1', '125E-1', '0012.5'],
  ['100', '1e2', '100.0', '1E+2'],
  ['-0.001', '-1e-3', '-0.00100'],
  ['1e500', '10e499', '1.0E500'],
  ['123456789012345678901234567890', '123456789012345678901234567890.0'],
])('%s has one text, however it is spelled', (text, ...others) => {
  for (const other of others) expect(canonicalOf(new ExactNumber(other))).toBe(text);
});

describe('row_hash', () => {
  test('does not change when the schema gains a field that is null', async () => {
    const [before] = made(await set({ row_hash: true }, [{ user: 'a' }], { user: {} }));
    const [after] = made(await set({ row_hash: true }, [{ user: 'a', more: null }], { user: {}, more: {} }));
    const [changed] = made(await set({ row_hash: true }, [{ user: null, more: 'a' }], { user: {}, more: {} }));
    expect(after).toBe(before);
    expect(changed).not.toBe(before);
  });
});

describe('lookup', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lookup-test-'));
    await writeFile(join(folder, 'a.csv'), '\uFEFFid,"full ""name""",n\r\n7,"Ada, L.",1\r\n\r\n8,,2\r\n');
    await writeFile(join(folder, 'b.jsonl'), '{"id":7,"site":"x","ok":true}\n{"id":7,"site":"y","ok":false}\n');
    await writeFile(join(folder, 'twice.tsv'), 'id\tv\n1\ta\n1\tb\n');
    await writeFile(join(folder, 'broken.csv'), 'id,v\n1,"a\n');
  });
  afterAll(() => rm(folder, { recursive: true }));
  const file = (name: string): string => join(folder, name);

  test('finds by text, whatever the types; an empty field of the table is null', async () => {
    const rows = ['{"user":7}', '{"user":"7"}', '{"user":8}', '{"user":9}', '{"user":null}', '{}'];
    const result = await set({ lookup: { map_file: file('a.csv'), on: { user: 'id' }, add: 'full "name"' } }, rows);
    expect(made(result)).toEqual(['Ada, L.', 'Ada, L.', null, null, null, null]);
    expect(result.log.lines.at(-1)?.fields).toMatchObject({ 'not found by lookup': 3 });
  });

  test('by several fields, with a type; a record without a row is put aside if that is asked for', async () => {
    const properties = { id: {}, site: {} };
    const lookup = { file: file('b.jsonl'), on: ['id', 'site'], add: 'ok', type: 'boolean', else: 'error' };
    const result = await set(
      { lookup },
      [
        { id: 7, site: 'y' },
        { id: 7, site: 'z' },
      ],
      properties,
    );
    expect(made(result)).toEqual([false]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'lookup-missing' }]);
    expect(result.schema('s')).toMatchObject({ schema: { properties: { made: { type: ['boolean'] } } } });
  });

  test.each([
    ['none.csv', { add: 'v' }, /cannot be read \(ENOENT\)/],
    ['twice.tsv', { add: 'v' }, /1 rows whose key another row has/],
    ['twice.tsv', { add: 'w' }, /no column w; it has id, v/],
    ['twice.tsv', { add: 'v', type: 'integer' }, /2 values of v are no integer/],
    ['broken.csv', { add: 'v' }, /cannot be understood/],
  ])('of %s with %o is refused', async (name, more, message) => {
    await expect(set({ lookup: { file: file(name), on: { user: 'id' }, ...more } }, [])).rejects.toThrow(message);
  });
});

test('one mapping makes long rows with the numbers of their signals of one-minute measurements', async () => {
  const config = {
    transforms: {
      'public-data': {
        aggregate: { time: 'timestamp', every: '10m', functions: { wind: 'mean', power: 'mean' } },
        then: [
          { rename: { pattern: '_mean$', to: '' } },
          { unpivot: { keep: ['timestamp'], name: 'signal', value: 'value' } },
          {
            set: { signal_id: { lookup: { map_file: 'examples/tables/signals.csv', on: 'signal', add: 'id', type: 'integer' } } },
            keep: ['timestamp', 'signal_id', 'value'],
            keys: ['timestamp', 'signal_id'],
            alias: 'data',
          },
        ],
      },
    },
  };
  const schema = schemaOf(
    'public-data',
    { timestamp: { type: 'string', format: 'date-time' }, wind: { type: 'number' }, power: { type: 'number' } },
    ['timestamp'],
  );
  const rows = [0, 1, 2].map((i) => recordOf('public-data', { timestamp: `2026-02-20T00:0${i}:00Z`, wind: i, power: 2 * i }));
  const result = await transform(config, [schema, ...rows]);
  expectValid(result);
  expect(result.records('data')).toEqual([
    { timestamp: '2026-02-20T00:00:00Z', signal_id: 1, value: 1 },
    { timestamp: '2026-02-20T00:00:00Z', signal_id: 2, value: 2 },
  ]);
  expect(result.schema('data')).toMatchObject({ key_properties: ['timestamp', 'signal_id'] });
});
