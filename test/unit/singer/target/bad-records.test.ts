import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../../singer/errors.ts';
import type { Encoder, InputEnd, StreamHeader } from '../../../../singer/target/destination.ts';
import {
  lines,
  record,
  schema,
  state,
  withFastLane,
  world,
  type World,
  type WorldOptions,
} from '../../../support/memory-destination.ts';

const PEOPLE = schema(
  'a',
  {
    id: { type: 'integer' },
    n: { type: ['null', 'integer'], maximum: 100 },
    s: { type: 'string' },
    o: { type: ['null', 'object'], properties: { x: { type: 'integer' } } },
  },
  ['id'],
);
const person = (id: number, more: object = {}): string => record('a', { id, n: 1, s: 'x', ...more });

/** The rows of a stream as values. */
function rowsOf({ seen }: World, stream: string): Record<string, unknown>[] {
  const rows = seen.rows.filter((row) => row.startsWith(`${stream}:`));
  return rows.map((row) => JSON.parse(row.slice(stream.length + 1, row.indexOf('|'))) as Record<string, unknown>);
}

/** Refuses 13 in the property `n`, as a destination that cannot hold it. */
function superstitious({ stream }: StreamHeader, plain: Encoder): Encoder {
  return {
    encode(row, meta, out) {
      if (row['n'] === 13)
        throw new RecordError('13', { code: 'out-of-range', facts: { stream, property: 'n', rule: undefined } });
      return plain.encode(row, meta, out);
    },
  };
}

async function loaded(list: readonly string[], settings: object, options: WorldOptions = {}): Promise<World> {
  const w = world(options);
  await w.run(lines(...list), { batch_size_rows: 100, ...settings });
  return w;
}

test('what a destination refuses ends the run with the line of the record and what to do', async () => {
  const run = loaded([PEOPLE, person(1), person(2, { n: 13 })], {}, { encoder: superstitious });
  await expect(run).rejects.toMatchObject({
    message: 'Line 3 of the input: 13',
    code: 'out-of-range',
    facts: { stream: 'a', property: 'n', line: 3 },
    hint: expect.stringContaining('on_bad_record'),
  });
});

describe('on_bad_record: quarantine', () => {
  const quarantine = { on_bad_record: 'quarantine', run_id: 'run 7' };

  test('keeps the record, its place and the reason in the unit of its neighbours', async () => {
    const list = [PEOPLE, person(1), person(2, { n: 'hidden' }), person(3), state(1)];
    const w = await loaded(list, quarantine, { encoder: withFastLane });
    expect(rowsOf(w, 'a').map(({ id }) => id)).toEqual([1, 3]);
    const [row] = rowsOf(w, '_sdc_quarantine');
    expect(row).toMatchObject({
      stream: 'a',
      line: 3,
      file: null,
      code: 'record-invalid',
      rule: 'type',
      path: '/n',
      property: 'n',
      record: '{"id":2,"n":"hidden","s":"x"}',
      run_id: 'run 7',
    });
    expect(new Date(row!['quarantined_at'] as string).getTime()).toBeGreaterThan(0);
    expect([w.seen.units.length, w.seen.states, w.seen.complete]).toEqual([1, ['1'], ['a', '_sdc_quarantine']]);
    expect(w.seen.summaries.get('a')).toEqual({ quarantined: 1 });
    expect(w.seen.warnings).toHaveLength(1);
    expect(JSON.stringify(w.seen.warnings)).not.toContain('hidden');
  });

  test('takes what the destination cannot hold and records without their key, too', async () => {
    const list = [PEOPLE, person(1, { n: 13 }), record('a', { n: 1 }), person(2), state(1)];
    const w = await loaded(list, quarantine, { encoder: superstitious });
    expect(rowsOf(w, '_sdc_quarantine').map(({ code, property }) => [code, property])).toEqual([
      ['out-of-range', 'n'],
      ['record-without-key', 'id'],
    ]);
    expect(rowsOf(w, 'a').map(({ id }) => id)).toEqual([2]);
  });

  test('is opened like any stream, but only ever appended to', async () => {
    const w = await loaded([PEOPLE, person(1, { n: 'x' })], {
      ...quarantine,
      quarantine_stream: 'bad',
      load_method: 'overwrite',
      column_types: { line: 'inet' },
    });
    expect(w.seen.opened.at(-1)!.config).toMatchObject({ column_types: {} });
    const opened = w.seen.opened.map(({ header, config }) => [
      header.stream,
      header.keys,
      (config as { load_method: string }).load_method,
    ]);
    expect(opened).toEqual([
      ['a', ['id'], 'overwrite'],
      ['bad', [], 'append-only'],
    ]);
  });

  test('may have options of its own, bad records or not', async () => {
    for (const one of [person(1), person(1, { n: 'x' })]) {
      const w = await loaded([PEOPLE, one], { ...quarantine, stream_options: { _sdc_quarantine: { validate_records: false } } });
      expect(w.seen.warnings.filter(({ message }) => message.includes('stream_options'))).toEqual([]);
    }
  });

  test('is for the streams that ask for it', async () => {
    const other = schema('b');
    const settings = { stream_options: { a: { on_bad_record: 'quarantine' } } };
    await expect(loaded([PEOPLE, other, person(1, { n: 'x' }), record('b', { n: 'x' })], settings)).rejects.toMatchObject({
      code: 'record-invalid',
      facts: { stream: 'b' },
    });
  });

  test('keeps characters that not every destination can hold as JSON escapes', async () => {
    const list = [
      PEOPLE,
      person(1, { n: 'x', s: '\0\ud800' }),
      '{"type":"RECORD","stream":"a","record":{"id":2,"n":"x","q":1.00000000000000000001}}',
    ];
    const w = await loaded(list, quarantine);
    expect(rowsOf(w, '_sdc_quarantine').map((row) => row['record'])).toEqual([
      String.raw`{"id":1,"n":"x","s":"\u0000\ud800"}`,
      '{"id":2,"n":"x","q":1.00000000000000000001}',
    ]);
  });

  test('a stream of which every record was put aside is told to the destination: it was not empty', async () => {
    const ends: InputEnd[] = [];
    const finish = (end: InputEnd): Promise<void> => Promise.resolve(void ends.push(end));
    await loaded([PEOPLE, person(1, { n: 'x' }), state(1)], quarantine, { finish });
    await loaded([PEOPLE, state(1)], quarantine, { finish });
    expect(ends.map(({ putAside }) => [...(putAside ?? [])])).toEqual([['a'], []]);
  });

  test('fails when the destination leaves the quarantine out, or a stream of the input has its name', async () => {
    const noQuarantine = (header: StreamHeader, plain: Encoder): Encoder | undefined =>
      header.stream === '_sdc_quarantine' ? undefined : plain;
    await expect(loaded([PEOPLE, person(1, { n: 'x' })], quarantine, { encoder: noQuarantine })).rejects.toMatchObject({
      code: 'config',
    });
    const clash = schema('_sdc_quarantine');
    await expect(loaded([clash, PEOPLE, person(1, { n: 'x' })], quarantine)).rejects.toMatchObject({ code: 'config' });
    await expect(loaded([PEOPLE, person(1, { n: 'x' }), clash], quarantine)).rejects.toMatchObject({ code: 'config' });
  });

  test('a run that fails later keeps what a STATE covers, the quarantined rows too', async () => {
    const w = world();
    const list = [PEOPLE, person(1, { n: 'x' }), state(1), person(2, { n: 'x' }), 'oops'];
    await expect(w.run(lines(...list), quarantine)).rejects.toMatchObject({ code: 'input-not-json' });
    expect([rowsOf(w, '_sdc_quarantine').length, w.seen.states]).toEqual([1, ['1']]);
  });
});

describe('on_bad_record: null_value', () => {
  const nullValue = { on_bad_record: 'null_value' };

  test.each(['null_value', 'null'])(
    '%s puts null in place of the bad property, in the line too, and notes it',
    async (policy) => {
      const changes: unknown[] = [];
      const noting = (_: StreamHeader, plain: Encoder): Encoder => ({
        encode: (row, meta, out) => (changes.push(...meta.changes), plain.encode(row, meta, out)),
      });
      const list = [
        PEOPLE,
        person(1, { n: 'hidden' }),
        person(2, { n: 101, o: { x: 'y' } }),
        person(3, { o: { x: 1 } }),
        state(1),
      ];
      const w = await loaded(list, { on_bad_record: policy }, { encoder: noting });
      expect(rowsOf(w, 'a').map(({ n, o }) => [n, o])).toEqual([
        [null, undefined],
        [null, null],
        [1, { x: 1 }],
      ]);
      for (const row of w.seen.rows) expect(JSON.parse(row.split('|')[1]!)).toEqual(JSON.parse(row.slice(2).split('|')[0]!));
      expect(changes).toEqual([
        { column: 'n', reason: 'invalid-type', old: 'hidden' },
        { column: 'n', reason: 'invalid-maximum', old: '101' },
        { column: 'o', reason: 'invalid-type', old: '{"x":"y"}' },
      ]);
      expect(w.seen.summaries.get('a')).toEqual({ nulled: 2 });
      expect(w.seen.warnings.map(({ fields }) => fields)).toEqual([
        { stream: 'a', property: 'n', reason: 'invalid-type' },
        { stream: 'a', property: 'n', reason: 'invalid-maximum' },
        { stream: 'a', property: 'o', reason: 'invalid-type' },
      ]);
    },
  );

  test('also for what the destination cannot hold', async () => {
    const w = await loaded([PEOPLE, person(1, { n: 13 }), state(1)], nullValue, { encoder: superstitious });
    expect(rowsOf(w, 'a')).toEqual([{ id: 1, n: null, s: 'x' }]);
  });

  test.each([
    ['a property that may not be null', person(1, { s: 5 }), 'record-invalid'],
    ['a key', person(1, { id: 'x' }), 'record-invalid'],
    ['a missing key', record('a', { n: 1 }), 'record-without-key'],
  ])('fails for %s', async (_, line, code) => {
    await expect(loaded([PEOPLE, line], nullValue)).rejects.toMatchObject({ code });
  });

  test('long values are noted in short, without half a character', async () => {
    const changes: { old: string }[] = [];
    const noting = (_: StreamHeader, plain: Encoder): Encoder => ({
      encode: (row, meta, out) => (changes.push(...meta.changes), plain.encode(row, meta, out)),
    });
    await loaded([PEOPLE, person(1, { n: `${'x'.repeat(199)}😀` })], nullValue, { encoder: noting });
    expect(changes.map(({ old }) => old)).toEqual(['x'.repeat(199)]);
  });
});

describe('max_errors and max_error_rate', () => {
  const bad = (id: number): string => person(id, { n: 'x' });

  test.each(['quarantine', 'null_value'])('%s: one more than max_errors ends the run, covered rows stay', async (policy) => {
    const w = world();
    const settings = { on_bad_record: policy, max_errors: 1 };
    await expect(w.run(lines(PEOPLE, bad(1), state(1), bad(2), state(2)), settings)).rejects.toMatchObject({
      code: 'too-many-bad-records',
      facts: { bad: 2, max_errors: 1 },
    });
    expect([w.seen.states, w.seen.rows.length]).toEqual([['1'], 1]);
    await loaded([PEOPLE, bad(1), state(1)], settings);
  });

  test('the rate is looked at from a hundred records on and at the end', async () => {
    const settings = { on_bad_record: 'quarantine', max_error_rate: 0.1 };
    const good = (count: number): string[] => Array.from({ length: count }, (_, id) => person(id));
    await loaded([PEOPLE, bad(1), bad(2), ...good(18)], settings, { encoder: withFastLane });
    await expect(loaded([PEOPLE, bad(1), bad(2), ...good(17)], settings)).rejects.toMatchObject({
      code: 'too-many-bad-records',
    });
    const early = [PEOPLE, ...good(80), ...Array.from({ length: 20 }, (_, id) => bad(id)), ...good(1000)];
    await expect(loaded(early, settings, { encoder: withFastLane })).rejects.toMatchObject({
      facts: { bad: 20, records: 100 },
    });
  });

  test('a run without records is fine', async () => {
    const w = await loaded([PEOPLE, state(1)], { max_errors: 0, max_error_rate: 0 });
    expect(w.seen.states).toEqual(['1']);
  });
});
