import { describe, expect, test } from 'vitest';
import type { Encoder, StreamHeader } from '../../../../singer/target/destination.ts';
import { activate, lines, record, schema, state, withFastLane, world } from '../../../support/memory-destination.ts';

describe('streams that a destination leaves out', () => {
  const withoutB = (header: StreamHeader, plain: Encoder): Encoder | undefined => (header.stream === 'b' ? undefined : plain);

  test('are counted and told once; all else goes on', async () => {
    const w = world({ encoder: withoutB });
    await w
      .run(
        lines(
          schema('a'),
          schema('b'),
          record('a', 1),
          record('b', 1),
          record('b', 'no record'),
          activate('b', 1),
          record('a', 2),
          state(1),
        ),
      )
      .catch(() => undefined);
    const message = 'The destination leaves this stream out: its records are not loaded';
    expect(w.seen.warnings).toEqual([{ message, fields: { stream: 'b' } }]);
    await w.run(lines(schema('a'), schema('b'), record('a', 1), record('b', 1), activate('b', 1), record('a', 2), state(1)));
    expect(w.seen.summaries.get('b')).toEqual({ left_out: 1 });
    expect(w.seen.units.at(-1)).toEqual(['a {"n":1}', 'a {"n":2}']);
  });
});

describe('a line nested so deep', () => {
  test('that the stack ends is called too deep, not malformed', async () => {
    const levels = 200_000;
    const deep = `{"type":"RECORD","stream":"a","record":{"n":1,"x":${'['.repeat(levels)}${']'.repeat(levels)}}}\n`;
    await expect(world().run(`${lines(schema('a'))}${deep}`)).rejects.toMatchObject({ code: 'input-too-deep' });
  });
});

describe('fields that the schema does not name', () => {
  test('are told unless the encoder keeps them', async () => {
    const w = world({ encoder: (_, plain) => ({ ...plain, keepsUnnamed: new Set(['mark']) }) });
    await w.run(lines(schema('a'), `{"type":"RECORD","stream":"a","record":{"n":1,"mark":1,"other":2}}`, state(1)));
    expect(w.seen.warnings.map(({ fields }) => fields?.['property'])).toEqual(['other']);
  });

  test('are told once each, and no longer where they never end', async () => {
    const w = world();
    const strange = Array.from({ length: 300 }, (_, n) => record('a', { n, [`field ${Math.floor(n / 2)}`]: 1 }));
    await w.run(lines(schema('a'), ...strange, state(1)));
    expect(w.seen.warnings.map(({ fields }) => fields?.['property'])).toEqual([
      ...Array.from({ length: 100 }, (_, n) => `field ${n}`),
      undefined,
    ]);
    expect(w.seen.rows).toHaveLength(300);
  });
});

describe('notes of changes', () => {
  /** Doubles odd numbers, which is a change. */
  const doubling = ({ notesChanges }: StreamHeader, plain: Encoder): Encoder => ({
    encode(row, meta, out) {
      const n = row['n'] as number;
      if (n % 2 === 0) return plain.encode(row, meta, out);
      return notesChanges ? plain.encode({ n: n * 2, noted: true }, meta, out) : 'changed';
    },
  });

  test('the stream is opened anew at the first change, in order, and stays so', async () => {
    const w = world({ encoder: doubling });
    const wider = schema('a', { n: { type: 'integer' }, m: {} });
    await w.run(
      lines(
        schema('a'),
        schema('b'),
        record('a', 2),
        record('a', 3),
        schema('a'),
        record('a', 4),
        record('b', 2),
        wider,
        record('a', 5),
        state(1),
      ),
      { batch_size_rows: 100 },
    );
    expect(w.seen.opened.map(({ header }) => `${header.stream} ${header.notesChanges}`)).toEqual([
      'a false',
      'b false',
      'a true',
      'a true',
    ]);
    expect(w.seen.units).toEqual([['a {"n":2}', 'b {"n":2}', 'a {"n":6,"noted":true}', 'a {"n":4}', 'a {"n":10,"noted":true}']]);
  });

  test('an encoder that does not note after all is a fault, not an endless loop', async () => {
    const w = world({ encoder: () => ({ encode: () => 'changed' }) });
    await expect(w.run(lines(schema('a'), record('a', 1)))).rejects.toThrow('does not note');
  });

  test('line numbers do not count the line that is read twice', async () => {
    const w = world({ encoder: doubling });
    await expect(w.run(lines(schema('a'), record('a', 1), record('a', 2), 'oops'))).rejects.toThrow(
      'Line 4 of the input: is not JSON',
    );
  });
});

describe('flattening', () => {
  const nested = schema(
    'a',
    { id: { type: 'integer' }, o: { type: 'object', properties: { x: { type: 'integer' }, y: { type: 'object' } } } },
    ['id'],
  );
  const settings = { flattening_enabled: true, flattening_max_depth: 1 };

  test('the destination gets flat records, in the line too; checks are those of the schema as it came', async () => {
    const w = world({ encoder: withFastLane });
    await w.run(lines(nested, record('a', { id: 1, o: { x: 2, y: { z: 1.5 } } }), nested, state(1)), settings);
    expect(w.seen.rows).toEqual(['a:{"id":1,"o__x":2,"o__y":{"z":1.5}}|{"id":1,"o__x":2,"o__y":{"z":1.5}}']);
    expect(w.seen.opened.map(({ header }) => header.columns.map(({ name }) => name))).toEqual([['id', 'o__x', 'o__y']]);
    await expect(world().run(lines(nested, record('a', { id: 1, o: { x: 'y' } })), settings)).rejects.toMatchObject({
      code: 'record-invalid',
      facts: { path: '/o/x' },
    });
  });

  test('a bad record is quarantined as it came; a nested bad value takes its top-level property', async () => {
    const bad = record('a', { id: 1, o: { x: 'y' } });
    const w = world();
    await w.run(lines(nested, bad), { ...settings, on_bad_record: 'quarantine' });
    expect(w.seen.rows[0]).toContain(String.raw`"record":"{\"id\":1,\"o\":{\"x\":\"y\"}}"`);
  });

  test('keys may be named as they are after flattening', async () => {
    const byFlat = nested.replace('["id"]', '["o__x"]');
    const w = world();
    await w.run(lines(byFlat, record('a', { id: 1, o: { x: 2 } })), settings);
    expect(w.seen.opened[0]!.header.keys).toEqual(['o__x']);
    await expect(world().run(lines(byFlat, record('a', { id: 1, o: {} })), settings)).rejects.toMatchObject({
      type: 'MissingKeyPropertiesError',
    });
  });
});

describe('stream_options', () => {
  test('reach the destination and the core; patterns without a stream are told', async () => {
    const w = world();
    const options = { 'a*': { load_method: 'append-only', validate_records: false }, nobody: { load_method: 'append-only' } };
    await w.run(lines(schema('a1'), schema('b'), record('a1', 'x'.length), record('a1', { n: 'text' })), {
      stream_options: options,
    });
    expect(w.seen.opened.map(({ config }) => (config as { load_method: string }).load_method)).toEqual(['append-only', 'upsert']);
    expect(w.seen.warnings).toEqual([
      { message: 'A pattern of stream_options matches no stream', fields: { pattern: 'nobody' } },
    ]);
  });
});

describe('run_id', () => {
  test('is the setting, or sorts by the start of the run', async () => {
    const { newRunId } = await import('../../../../singer/target/run-id.ts');
    const at = (time: number): string => newRunId(new Date(time));
    expect(at(Date.UTC(2026, 0, 31, 23, 59, 0, 123))).toMatch(/^20260131T235900123Z-[\da-f]{6}$/);
    expect(at(1000) < at(2000)).toBe(true);
  });
});

describe('key properties', () => {
  test.each([
    ['"n"', ['n']],
    ['["n","n"]', ['n']],
    ['null', []],
  ])('given as %s are %j', async (given, keys) => {
    const w = world();
    await w.run(lines(schema('a').replace('[]', given), record('a', 1)));
    expect(w.seen.opened[0]?.header.keys).toEqual(keys);
  });
});
