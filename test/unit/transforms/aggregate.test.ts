import { describe, expect, test } from 'vitest';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

const AT = { type: 'string', format: 'date-time' };
const NUMBER = { type: ['number', 'null'] };
const MINUTE = 60_000;
const START = Date.UTC(2026, 1, 20);

async function aggregate(
  rule: JsonObject,
  records: readonly (JsonObject | string)[],
  { properties = { at: AT, v: NUMBER }, more = {} }: { properties?: JsonObject; more?: JsonObject } = {},
): Promise<Transformed> {
  const lines = records.map((record) =>
    typeof record === 'string' || record['type'] !== undefined ? record : recordOf('s', record),
  );
  const result = await transform({ transforms: { s: { aggregate: { time: 'at', every: '10m', ...rule }, ...more } } }, [
    schemaOf('s', properties),
    ...lines,
  ]);
  expectValid(result);
  return result;
}

const at = (text: string, v: Json, more: JsonObject = {}): JsonObject => ({ at: `2026-02-20T${text}Z`, v, ...more });

/** Numbers that look like measurements, the same in each run. */
function measurement(i: number): number {
  return Math.round(10_000 + 5000 * Math.sin(i / 37) + ((i * 7919) % 1000)) / 1000;
}

describe('a pipeline of one-minute rows', () => {
  const rows = Array.from({ length: 2 * 1440 }, (_, i) => ({
    timestamp: new Date(START + i * MINUTE).toISOString().replace('.000Z', i % 2 === 0 ? 'Z' : ''),
    wind_speed: i % 97 === 0 ? null : measurement(i),
    power: i % 1000 < 10 ? null : measurement(i * 3) * 100,
  }));
  const functions = { wind_speed: ['mean', 'min', 'max', 'std'], power: ['mean', 'min', 'max', 'std'] };
  const config = {
    transforms: {
      'public-data': {
        aggregate: { time: 'timestamp', every: '10m', by: [], functions, std: 'sample', lateness: 0, partial: 'emit' },
        then: [
          { unpivot: { keep: ['timestamp'], name: 'signal', value: 'value' } },
          { keys: ['timestamp', 'signal'], alias: 'data' },
        ],
      },
    },
  };

  test('gives 144 windows per day and signal, equal to an independent computation', async () => {
    const schema = schemaOf('public-data', { timestamp: AT, wind_speed: NUMBER, power: NUMBER }, ['timestamp']);
    const result = await transform(config, [schema, ...rows.map((row) => recordOf('public-data', row))]);
    expectValid(result);
    expect(result.schema('data')).toMatchObject({ key_properties: ['timestamp', 'signal'] });
    const got = result.records('data').filter(isJsonObject);
    expect(got).toHaveLength(2 * 144 * 8);
    const perDay = new Map<string, number>();
    for (const { timestamp, signal } of got) {
      const day = `${(timestamp as string).slice(0, 10)} ${signal as string}`;
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    expect([...perDay.values()]).toEqual(Array.from({ length: 16 }, () => 144));
    const byKey = new Map(got.map((row) => [`${row['timestamp'] as string} ${row['signal'] as string}`, row['value']]));
    for (let window = 0; window < 2 * 144; window++) {
      const label = new Date(START + window * 10 * MINUTE).toISOString().replace('.000Z', 'Z');
      for (const field of ['wind_speed', 'power'] as const) {
        const values = rows.slice(window * 10, window * 10 + 10).flatMap((row) => row[field] ?? []);
        const expected = independent(values);
        for (const [name, value] of Object.entries(expected)) {
          const found = byKey.get(`${label} ${field}_${name}`);
          if (value === null) expect(found).toBeNull();
          else expect(found).toBeCloseTo(value, 9);
        }
      }
    }
  });
});

/** The definitions, word by word: pandas' std is that of a sample. */
function independent(values: readonly number[]): Record<'mean' | 'min' | 'max' | 'std', number | null> {
  const n = values.length;
  if (n === 0) return { mean: null, min: null, max: null, std: null };
  const mean = values.reduce((a, b) => a + b) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, min: Math.min(...values), max: Math.max(...values), std: n < 2 ? null : Math.sqrt(squares / (n - 1)) };
}

describe('functions', () => {
  const all = ['count', 'sum', 'mean', 'min', 'max', 'std', 'var', 'median', 'first', 'last'];

  test('of some values, with null left out', async () => {
    const records = [at('00:00:00', 4), at('00:01:00', null), at('00:02:00', 1), at('00:03:00', 1), at('00:04:00', 2)];
    const result = await aggregate({ functions: { v: all, '*': 'count' } }, records);
    expect(result.records('s')).toEqual([
      {
        at: '2026-02-20T00:00:00Z',
        v_count: 4,
        v_sum: 8,
        v_mean: 2,
        v_min: 1,
        v_max: 4,
        v_std: Math.sqrt(2),
        v_var: 2,
        v_median: 1.5,
        v_first: 4,
        v_last: 2,
        count: 5,
      },
    ]);
  });

  test('of no values all are null but the count; of one value a sample has no deviation', async () => {
    const result = await aggregate({ functions: { v: all } }, [at('00:00:00', null), at('00:10:00', 3)]);
    expect(result.records('s')).toMatchObject([
      { v_count: 0, v_sum: null, v_mean: null, v_min: null, v_std: null, v_median: null, v_first: null },
      { v_count: 1, v_sum: 3, v_mean: 3, v_std: null, v_var: null, v_median: 3 },
    ]);
    const population = await aggregate({ functions: { v: ['std'] }, std: 'population' }, [at('00:10:00', 3)]);
    expect(population.records('s')).toMatchObject([{ v_std: 0 }]);
  });

  test('sums of integers and decimals are exact beyond what floating point holds', async () => {
    const properties = { at: AT, n: { type: 'integer' }, d: { type: 'string', format: 'singer.decimal' } };
    const big = '{"type":"RECORD","stream":"s","record":{"at":"2026-02-20T00:00:00Z","n":9007199254740993,"d":"0.10"}}';
    const more = '{"type":"RECORD","stream":"s","record":{"at":"2026-02-20T00:01:00Z","n":2,"d":"0.2"}}';
    const result = await aggregate({ functions: { n: ['sum', 'max'], d: ['sum', 'max', 'mean'] } }, [big, more], {
      properties,
    });
    expect(result.records('s')).toEqual([
      {
        at: '2026-02-20T00:00:00Z',
        n_sum: new ExactNumber('9007199254740995'),
        n_max: new ExactNumber('9007199254740993'),
        d_sum: '0.3',
        d_max: '0.2',
        d_mean: expect.closeTo(0.15, 12) as number,
      },
    ]);
  });

  test('a sum of floating-point numbers does not lose small ones among large ones', async () => {
    const values = [1e100, 1, -1e100, 1];
    const result = await aggregate(
      { functions: { v: 'sum' } },
      values.map((v) => at('00:00:00', v)),
    );
    expect(result.records('s')).toMatchObject([{ v_sum: 2 }]);
  });

  test('first and last go by time, min and max of dates too', async () => {
    const properties = { at: AT, v: { type: 'string', format: 'date-time' } };
    const records = [
      at('00:05:00', '2026-01-01T00:00:00+02:00'),
      at('00:01:00', '2025-12-31T23:00:00Z'),
      at('00:03:00', '2026-01-01T00:00:00Z'),
    ];
    const result = await aggregate({ functions: { v: ['first', 'last', 'min', 'max'] } }, records, { properties });
    expect(result.records('s')).toMatchObject([
      {
        v_first: '2025-12-31T23:00:00Z',
        v_last: '2026-01-01T00:00:00+02:00',
        v_min: '2026-01-01T00:00:00+02:00',
        v_max: '2026-01-01T00:00:00Z',
      },
    ]);
  });
});

describe('windows', () => {
  test('groups have rows of their own; keys are the groups and the start', async () => {
    const properties = { at: AT, v: NUMBER, site: { type: ['string', 'null'] } };
    const records = [
      at('00:00:00', 1, { site: 'a' }),
      at('00:01:00', 2, { site: 'b' }),
      at('00:02:00', 3, { site: 'a' }),
      at('00:03:00', 3, { site: null }),
    ];
    const result = await aggregate({ by: ['site'], functions: { v: 'sum' } }, records, { properties });
    expect(result.records('s')).toEqual([
      { site: 'a', at: '2026-02-20T00:00:00Z', v_sum: 4 },
      { site: 'b', at: '2026-02-20T00:00:00Z', v_sum: 2 },
    ]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'key-missing', _q_field: 'site' }]);
    expect(result.schema('s')).toMatchObject({
      key_properties: ['site', 'at'],
      schema: { properties: { site: { type: ['string'] } } },
    });
  });

  test.each([
    ['1d', undefined, '2026-02-20T23:59:59.9999999Z', '2026-02-20T00:00:00Z'],
    ['1w', undefined, '2026-02-20T12:00:00Z', '2026-02-16T00:00:00Z'],
    ['6h', '2026-01-01T02:00:00Z', '2026-02-20T01:59:00Z', '2026-02-19T20:00:00Z'],
    ['15m', undefined, '2026-02-20T00:20:00+05:30', '2026-02-19T18:45:00Z'],
    ['10m', undefined, '1969-12-31T23:55:00Z', '1969-12-31T23:50:00Z'],
  ])('of %s since %s: %s is in the one of %s', async (every, origin, time, start) => {
    const result = await aggregate({ every, ...(origin === undefined ? {} : { origin }), functions: { '*': 'count' } }, [
      { at: time, v: 1 },
    ]);
    expect(result.records('s')).toEqual([{ at: start, count: 1 }]);
  });

  test('of days on a date stay dates', async () => {
    const properties = { at: { type: 'string', format: 'date' }, v: NUMBER };
    const result = await aggregate(
      { every: '1d', functions: { v: 'sum' } },
      [
        { at: '2026-02-20', v: 1 },
        { at: '2026-02-20', v: 2 },
      ],
      { properties },
    );
    expect(result.records('s')).toEqual([{ at: '2026-02-20', v_sum: 3 }]);
  });

  test('a record that comes late waits for no one unless lateness says so', async () => {
    const records = [at('00:09:00', 1), at('00:11:00', 2), at('00:08:00', 4), at('00:25:00', 8)];
    const strict = await aggregate({ functions: { v: 'sum' } }, records);
    expect(strict.records('s')).toMatchObject([{ v_sum: 1 }, { v_sum: 2 }, { v_sum: 8 }]);
    expect(strict.records('s__quarantine')).toMatchObject([{ _q_rule: 'late-record' }]);
    const patient = await aggregate({ functions: { v: 'sum' }, lateness: '5m' }, records);
    expect(patient.records('s')).toMatchObject([{ v_sum: 5 }, { v_sum: 2 }, { v_sum: 8 }]);
    expect(patient.records('s__quarantine')).toEqual([]);
  });

  test('records without a readable time or with another kind of value are put aside', async () => {
    const records = [
      at('00:00:00', 1),
      { at: 'noon', v: 1 },
      { v: 1 },
      { at: '2026-02-30T00:00:00Z', v: 1 },
      at('00:00:01', 'x'),
    ];
    const result = await aggregate({ functions: { v: 'sum' } }, records);
    expect(result.records('s')).toMatchObject([{ v_sum: 1 }]);
    expect(result.records('s__quarantine').map((record) => (record as JsonObject)['_q_rule'])).toEqual([
      'not-a-time',
      'time-missing',
      'not-a-time',
      'not-a-number',
    ]);
  });

  test('more open windows than the memory holds end the run', async () => {
    const records = Array.from({ length: 5000 }, (_, i) => at('00:00:00', i, { site: `site ${i}` }));
    const properties = { at: AT, v: NUMBER, site: { type: 'string' } };
    await expect(aggregate({ by: 'site', functions: { v: 'sum' }, memory: 1 }, records, { properties })).rejects.toThrow(
      /more than 1 MB/,
    );
  });
});

describe('states', () => {
  const state = (n: number): JsonObject => ({ type: 'STATE', value: { n } });
  const order = ({ messages }: Transformed): string[] =>
    messages.flatMap(({ type, record, value }) =>
      type === 'RECORD'
        ? [`${(record as JsonObject)['v_sum'] as number}`]
        : type === 'STATE'
          ? [`state ${(value as JsonObject)['n'] as number}`]
          : [],
    );

  test('wait until the windows of all records before them are out', async () => {
    const input = [state(0), at('00:01:00', 1), state(1), at('00:02:00', 2), state(2), at('00:11:00', 4), state(3)];
    expect(order(await aggregate({ functions: { v: 'sum' } }, input))).toEqual([
      'state 0',
      '3',
      'state 1',
      'state 2',
      '4',
      'state 3',
    ]);
  });

  test('held windows keep the states back that came after their first record', async () => {
    const input = [at('00:01:00', 1), state(1), at('00:11:00', 4), state(2), at('00:12:00', 4), state(3)];
    const result = await aggregate({ functions: { v: 'sum' }, partial: 'hold' }, input);
    expect(order(result)).toEqual(['1', 'state 1']);
  });

  test('a new SCHEMA ends the windows first', async () => {
    const input = [at('00:01:00', 1), schemaOf('s', { at: AT, v: NUMBER, w: NUMBER }), at('00:02:00', 2)];
    const result = await aggregate({ functions: { v: 'sum' }, partial: 'hold' }, input);
    expect(result.messages.map(({ type }) => type)).toEqual(['SCHEMA', 'RECORD', 'SCHEMA']);
    expect(result.log.lines.at(-1)?.fields).toMatchObject({ 'windows cut by a SCHEMA': 1 });
  });

  test('rows carry what the last of their records said beside itself', async () => {
    const line = (minute: number, version: number): string =>
      `{"type": "RECORD", "stream": "s", "record": {"at":"2026-02-20T00:0${minute}:00Z","v":1}, "time_extracted": "t${minute}", "version": ${version}}`;
    const { messages } = await aggregate({ functions: { v: 'sum' } }, [line(1, 7), line(2, 8)]);
    expect(messages.at(-1)).toMatchObject({ time_extracted: 't2', version: 8, record: { v_sum: 2 } });
  });
});

test.each([
  [{ every: '1 month' }, /months and years differ in length/],
  [{ functions: { w: 'sum' } }, /no field w/],
  [{ functions: { v: 'men' } }, /did you mean mean/],
  [{ functions: { at: 'mean' } }, /mean need numbers/],
  [{ time: 'v' }, /must be a date or date-time/],
  [{ by: ['v_sum'], functions: { v: 'sum' } }, /no field v_sum/],
  [{ lateness: 'long' }, /lateness: must be a duration/],
])('%o is refused', async (rule, message) => {
  await expect(aggregate({ functions: { v: 'sum' }, ...rule }, [])).rejects.toThrow(message);
});
