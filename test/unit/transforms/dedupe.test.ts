import * as fc from 'fast-check';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { Best } from '../../../transforms/dedupe/best.ts';
import { type Beats, recordOf as recordAt } from '../../../transforms/dedupe/held-lines.ts';
import { Fingerprints, fingerprintOf } from '../../../transforms/fingerprints.ts';
import { RecordView } from '../../../transforms/record.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

const SCHEMA = schemaOf('s', {
  id: { type: ['integer', 'null'] },
  v: { type: ['integer', 'null'] },
  at: { type: ['string', 'null'], format: 'date-time' },
});

async function dedupe(rule: JsonObject, records: readonly JsonObject[], more: JsonObject = {}): Promise<Transformed> {
  const lines = records.map((record) => (record['type'] === undefined ? recordOf('s', record) : record));
  const result = await transform({ transforms: { s: { dedupe: rule, ...more } } }, [SCHEMA, ...lines]);
  expectValid(result);
  return result;
}

const ids = (result: Transformed): Json[] => result.records('s').map((record) => (record as JsonObject)['v'] ?? null);
const of = (...pairs: readonly (readonly [number | null, number])[]): JsonObject[] => pairs.map(([id, v]) => ({ id, v }));

describe('which record stays', () => {
  const records = of([1, 5], [2, 1], [1, 9], [1, 9], [1, 7], [2, 0]).map((record, i) => ({ ...record, n: i }));

  test.each([
    ['first', [0, 1]],
    ['last', [4, 5]],
    ['max(v)', [3, 1]],
    ['min(v)', [0, 5]],
  ])('%s', async (keep, expected) => {
    const result = await dedupe({ by: ['id'], keep }, records);
    expect(result.records('s').map((record) => (record as JsonObject)['n'])).toEqual(expected);
  });

  test('times are compared as instants, a null loses', async () => {
    const at = ['2026-01-01T01:00:00+02:00', null, '2026-01-01T00:00:00Z', '2025-12-31T23:30:00Z'];
    const result = await dedupe(
      { by: ['id'], keep: 'max(at)' },
      at.map((at, v) => ({ id: 1, v, at })),
    );
    expect(ids(result)).toEqual([2]);
  });

  test('a value that cannot be compared is put aside', async () => {
    const result = await dedupe({ by: ['id'], keep: 'max(at)' }, [
      { id: 1, v: 1, at: 'noon' },
      { id: 1, v: 2, at: '2026-01-01T00:00:00Z' },
    ]);
    expect(ids(result)).toEqual([2]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'wrong-kind' }]);
  });

  test('records without a key are never equal', async () => {
    for (const keep of ['first', 'last']) {
      const result = await dedupe({ by: ['id'], keep }, of([null, 1], [null, 2]));
      expect(ids(result)).toEqual([1, 2]);
      expect(result.log.lines.at(-1)?.fields).toMatchObject({ 'not deduplicated: a field is null': 2 });
    }
  });

  test('numbers spelled differently are equal', async () => {
    const { text } = await transform({ transforms: { s: { dedupe: ['id'] } } }, [
      schemaOf('s', { id: {} }),
      ...['1', '1.0', '10e-1', '"1.0"'].map((id) => `{"type":"RECORD","stream":"s","record":{"id":${id}}}`),
    ]);
    expect(text.match(/"id":[^}]*/g)).toEqual(['"id":{', '"id":1', '"id":"1.0"']);
  });

  test('duplicates are counted', async () => {
    for (const keep of ['first', 'last']) {
      const result = await dedupe({ by: ['id'], keep }, of([1, 1], [1, 2], [2, 3]));
      expect(result.log.lines.at(-1)?.fields).toMatchObject({ duplicates: 1, written: 2 });
    }
  });
});

describe('scope', () => {
  test.each([
    ['consecutive', 'first', [1, 3, 4]],
    ['consecutive', 'last', [2, 3, 4]],
    ['window 2', 'first', [1, 3]],
    ['window 1', 'first', [1, 3, 4]],
    ['window 2', 'last', [4, 3]],
  ])('%s, %s', async (scope, keep, expected) => {
    expect(
      ids(
        await dedupe(
          { by: ['id'], scope, keep },
          of([1, 1], [1, 2], [2, 3], [1, 4])
            .slice(scope === 'window 2' ? 1 : 0)
            .map((record, i) => (scope === 'window 2' && i === 0 ? { ...record, v: 1 } : record)),
        ),
      ),
    ).toEqual(expected);
  });

  test.each([
    [{ by: ['x'] }, /no field x/],
    [{}, /by: is required/],
    [{ by: ['id'], keep: 'newest' }, /must be first, last/],
    [{ by: ['id'], keep: 'max(vv)' }, /did you mean v\?/],
    [{ by: ['id'], scope: 'window' }, /a number of records/],
  ])('%o is refused', async (rule, message) => {
    await expect(dedupe(rule, [])).rejects.toThrow(message);
  });
});

test('held records leave byte for byte, with what their messages said beside them', async () => {
  const lines = [
    String.raw`{"type": "RECORD", "stream": "s", "record": {"id":1, "v":1.10,"t":"\u00e9\/","__proto__":1e400}, "time_extracted": "t1", "version": 7, "x": 1.0}`,
    '{"time_extracted":"t2","type":"RECORD","stream":"s","record":{"id":2}}',
  ];
  for (const rule of [{ keep: 'last' }, { keep: 'last', scope: 'consecutive' }, { keep: 'last', scope: 'window 9' }]) {
    const { text } = await transform({ transforms: { s: { dedupe: { by: ['id'], ...rule } } } }, [
      schemaOf('s', { id: {}, v: {} }),
      ...lines,
    ]);
    const [, first, second] = text.split('\n');
    expect(first).toContain(
      String.raw`{"id":1, "v":1.10,"t":"\u00e9\/","__proto__":1e400}, "time_extracted": "t1", "version": 7, "x": 1.0}`,
    );
    expect(second).toContain('"time_extracted":"t2"');
  }
});

test('a record that a later rule refuses does not take the others that were held with it', async () => {
  const result = await dedupe({ by: ['v'], keep: 'last' }, of([1, 1], [null, 2], [3, 3]), { keys: ['id'] });
  expect(ids(result)).toEqual([1, 3]);
  expect(result.records('s__quarantine')).toHaveLength(1);
});

test('a new SCHEMA has all given out first; keys that have come are still known for first', async () => {
  const other = schemaOf('s', { id: { type: 'integer' }, v: { type: 'integer' }, w: {} });
  const last = await dedupe({ by: ['id'], keep: 'last' }, [...of([1, 1], [1, 2]), other, ...of([1, 3])]);
  expect(last.messages.map(({ type, record }) => (type === 'RECORD' ? (record as JsonObject)['v'] : type))).toEqual([
    'SCHEMA',
    2,
    'SCHEMA',
    3,
  ]);
  const first = await dedupe({ by: ['id'] }, [...of([1, 1]), other, ...of([1, 2])]);
  expect(ids(first)).toEqual([1]);
});

describe('no STATE leaves before the output of the records that came before it', () => {
  const rule = fc.oneof(
    fc.record({
      dedupe: fc.record({
        by: fc.constant(['id']),
        keep: fc.constantFrom('first', 'last', 'max(v)', 'min(v)'),
        scope: fc.constantFrom('stream', 'consecutive', 'window 3'),
      }),
    }),
    fc.record({
      aggregate: fc.record({
        time: fc.constant('at'),
        every: fc.constantFrom('2m', '10m'),
        by: fc.constantFrom<string[]>([], ['id']),
        lateness: fc.constantFrom(0, '5m'),
        partial: fc.constantFrom('emit', 'hold'),
        functions: fc.constant({ v: ['first', 'last', 'min'] }),
      }),
    }),
    fc.constant({ explode: { path: 'tags[]', into: 'tags', parent_keys: ['v'] } }),
  );
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('record' as const),
        id: fc.option(fc.integer({ min: 0, max: 3 })),
        step: fc.integer({ min: -2, max: 6 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('state' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('schema' as const), version: fc.integer({ min: 0, max: 1 }) }) },
  );

  test('whatever rules hold them back, also several after each other and in child streams', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { maxLength: 1 }),
        rule,
        fc.array(event, { maxLength: 40 }),
        async (before, after, events) => {
          let n = 0;
          let minute = 0;
          const schema = (version: number): JsonObject => ({
            ...schemaOf('s', {
              id: { type: ['integer', 'null'] },
              v: { type: ['integer', 'null'] },
              at: { type: 'string', format: 'date-time' },
              tags: { type: 'array', items: { type: 'integer' } },
            }),
            x: version,
          });
          const input = events.map((event): JsonObject => {
            if (event.kind === 'state') return { type: 'STATE', value: { n } };
            if (event.kind === 'schema') return schema(event.version);
            minute += event.step;
            n++;
            return recordOf('s', {
              id: event.id,
              v: n,
              at: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
              tags: [n],
            });
          });
          // What a first rule makes of the fields, a second one may not find: then only the second.
          const chained = before.length > 0 && 'dedupe' in before[0]! ? [before[0], { then: after }] : [after];
          const config = {
            transforms: {
              s: Object.assign({}, ...chained) as JsonObject,
              tags: { dedupe: { by: ['value'], keep: 'last', scope: 'window 2' } },
            },
          };
          const { messages } = await transform(config, [schema(0), ...input], { chunkBytes: 200 });
          let state = -1;
          for (const { type, record, stream, value } of messages) {
            if (type === 'STATE') {
              const next = (value as JsonObject)['n'] as number;
              expect(next).toBeGreaterThanOrEqual(state);
              state = next;
            } else if (type === 'RECORD' && !stream!.endsWith('__quarantine')) {
              const numbers = ['v', 'v_first', 'v_last', 'v_min', 'value']
                .map((name) => (record as JsonObject)[name])
                .filter((number) => typeof number === 'number');
              for (const number of numbers) expect(number).toBeGreaterThan(state);
            }
          }
          const holds = JSON.stringify(config).includes('"hold"');
          const states = input.filter(({ type }) => type === 'STATE').length;
          const left = messages.filter(({ type }) => type === 'STATE').length;
          if (holds) expect(left).toBeLessThanOrEqual(states);
          else expect(left).toBe(states);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('more than fits into memory', () => {
  let folder: string;
  const before = process.env['TMPDIR'];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dedupe-test-'));
    process.env['TMPDIR'] = folder;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true });
  });

  const LATER: Beats = (b, a) => b.number > a.number;

  test('goes to disk in files of its own, and comes back as it would from memory', async () => {
    const best = new Best(LATER, 20_000);
    const view = new RecordView();
    const expected = new Map<number, number>();
    // More than 32 runs, so that runs are merged on the way; every third key comes back.
    for (let number = 1; number <= 12_000; number++) {
      const id = number % 3 === 0 ? number % 500 : number;
      view.load({ id, number, text: `line\n${'é'.repeat(number % 20)}` });
      best.add(fingerprintOf(String(id)), { number, order: null }, view, '{"t":1}');
      expected.set(id, number);
    }
    const [own] = await readdir(folder);
    const mode = (await stat(join(folder, own!))).mode & 0o777;
    expect(mode).toBe(0o700);
    const files = await readdir(join(folder, own!));
    expect(files.length).toBeLessThan(60);
    for (const file of files) expect((await stat(join(folder, own!, file))).mode & 0o777).toBe(0o600);
    const found = new Map<number, number>();
    for (const line of best.drain()) {
      const { at, rest } = recordAt(line);
      expect(rest).toBe('{"t":1}');
      const out = new RecordView();
      expect(out.read(line.bytes, at)).toBeGreaterThan(0);
      const { id, number } = out.toObject();
      expect(found.has(id as number)).toBe(false);
      found.set(id as number, number as number);
    }
    expect([...found].toSorted(([a], [b]) => a - b)).toEqual([...expected].toSorted(([a], [b]) => a - b));
    best.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('lines that others have taken the place of make room before anything goes to disk', async () => {
    const best = new Best(LATER, 20_000);
    const view = new RecordView();
    for (let number = 1; number <= 5000; number++) {
      view.load({ id: number % 10 });
      best.add(fingerprintOf(String(number % 10)), { number, order: null }, view, '{}');
    }
    expect(await readdir(folder)).toEqual([]);
    expect([...best.drain()]).toHaveLength(10);
    best.close();
  });

  test.each(['first', 'last'])(
    'a stream with more keys than the memory holds has one of each (%s), and leaves no file behind',
    async (keep) => {
      const count = 120_000;
      const records = Array.from({ length: count }, (_, v) => ({ id: (v * 7919) % (count / 2), v }));
      const lines = records.map((record) => recordOf('s', record));
      const result = await transform({ transforms: { s: { dedupe: { by: ['id'], keep, memory: 1 } } } }, [
        SCHEMA,
        ...lines,
        { type: 'STATE', value: 1 },
      ]);
      const expected = new Map<number, number>();
      for (const { id, v } of records) if (keep === 'last' || !expected.has(id)) expected.set(id, v);
      const found = new Map(
        result.records('s').map((record) => [(record as JsonObject)['id'] as number, (record as JsonObject)['v'] as number]),
      );
      expect(result.records('s')).toHaveLength(count / 2);
      expect(found.size).toBe(expected.size);
      expect([...found].every(([id, v]) => expected.get(id) === v)).toBe(true);
      expect(result.messages.at(-1)?.type).toBe('STATE');
      expect(await readdir(folder)).toEqual([]);
    },
  );

  test('files are removed when the run fails', async () => {
    const lines = Array.from({ length: 20_000 }, (_, id) => recordOf('s', { id, v: 1 }));
    await expect(
      transform({ transforms: { s: { dedupe: { by: ['id'], keep: 'last', memory: 1 } } } }, [SCHEMA, ...lines, 'no message']),
    ).rejects.toThrow(/not valid JSON|JSON/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('fingerprints', () => {
  test('count what came, until there is no room: in 25 to 40 bytes each', () => {
    const bytes = 1_000_000;
    const table = new Fingerprints(bytes);
    const counts = new Map<string, number>();
    for (let i = 0; i < bytes / 20; i++) {
      const name = fingerprintOf(String(i % (bytes / 40)));
      counts.set(name, (counts.get(name) ?? 0) + 1);
      expect(table.count(name)).toBe(counts.get(name));
    }
    const more = Array.from({ length: bytes / 20 }, (_, i) => table.count(fingerprintOf(`more ${i}`)));
    expect(more.filter((count) => count > 0).length).toBeLessThanOrEqual(bytes / 25 - bytes / 40);
    expect(more).toContain(0);
    expect([...counts.keys()].every((name) => table.count(name) === 3)).toBe(true);
  });

  test('are the same on every machine', () => {
    expect(Buffer.from(fingerprintOf('3:ada3:1.5'), 'latin1').toString('hex')).toBe('c27417174dae11631ae3e150bf59ad78');
  });
});
