import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Interrupted } from '../../../../singer/errors.ts';
import { chunks, lines, record, schema, state, withFastLane, world } from '../../../support/memory-destination.ts';

describe('load', () => {
  test('prints a state only after every row before it, newest last, whatever the chunks and sizes', async () => {
    const step = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'b') }, { weight: 2, arbitrary: fc.constant('STATE') });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 400 }),
        async (steps, batch, cut) => {
          const w = world();
          let rows = 0;
          const list = [schema('a'), schema('b')];
          for (const s of steps) list.push(s === 'STATE' ? state({ rows }) : record(s, rows++));
          const bytes = Buffer.from(lines(...list));
          const pieces: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += cut) pieces.push(bytes.subarray(at, at + cut));
          await w.run(chunks(pieces), { batch_size_rows: batch });
          expect(w.seen.rows).toHaveLength(rows);
          w.seen.states.forEach((text, i) =>
            expect(w.seen.durableAtState[i]).toBeGreaterThanOrEqual((JSON.parse(text) as { rows: number }).rows),
          );
          const last = steps.lastIndexOf('STATE');
          expect(w.seen.states.at(-1)).toBe(
            last < 0 ? undefined : JSON.stringify({ rows: steps.slice(0, last).filter((s) => s !== 'STATE').length }),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('units end at a STATE: rows after it are not committed with it', async () => {
    const units: [number, string | undefined][] = [];
    const w = world({
      load: (unit) => Promise.resolve((units.push([unit.parts.reduce((a, p) => a + p.rows, 0), unit.state]), 'committed')),
    });
    await w.run(lines(schema('a'), record('a', 1), record('a', 2), state(1), record('a', 3), record('a', 4), record('a', 5)));
    expect(units).toEqual([
      [2, '1'],
      [3, undefined],
    ]);
  });

  test('a full batch leaves at the next STATE, also when much more came at once', async () => {
    const w = world();
    const groups = Array.from({ length: 6 }, (_, g) => lines(record('a', 2 * g), record('a', 2 * g + 1), state(g)));
    await w.run(lines(schema('a')) + groups.join(''), { batch_size_rows: 3 });
    // The last unit only says that the input has ended.
    expect(w.seen.units.map((unit) => unit.length)).toEqual([4, 4, 4, 0]);
    expect(w.seen.states).toEqual(['1', '3', '5']);
  });

  test('without STATE the buffers stay bounded', async () => {
    const units: number[] = [];
    const w = world({ load: (unit) => Promise.resolve((units.push(unit.parts[0]?.rows ?? 0), 'committed')) });
    const list = Array.from({ length: 20 }, (_, n) => Buffer.from(lines(record('a', n))));
    await w.run(chunks([Buffer.from(lines(schema('a'))), ...list]));
    expect(Math.max(...units)).toBeLessThanOrEqual(5);
    expect(w.seen.rows).toHaveLength(20);
    expect(w.seen.states).toEqual([]);
  });

  test('a unit of many streams gets its turn while a large piece is read, and no row is lost or moved', async () => {
    const rows = 20_000;
    let read = 0;
    const readAtTurns: number[] = [];
    const w = world({
      encoder: (_, plain) => ({
        ...plain,
        encode: (...given) => {
          read++;
          return plain.encode(...given);
        },
      }),
      async load() {
        if (readAtTurns.length > 0) return 'committed';
        for (let turn = 0; turn < 8; turn++) {
          readAtTurns.push(read);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return 'committed';
      },
    });
    const list = Array.from({ length: rows }, (_, n) => record(n % 2 === 0 ? 'a' : 'b', n));
    const pieces = [lines(schema('a'), schema('b'), ...list.slice(0, 10_000)), lines(...list.slice(10_000))];
    await w.run(chunks(pieces.map((piece) => Buffer.from(piece))), { batch_size_rows: 10_000 });
    const lineBytes = Buffer.byteLength(lines(record('a', rows)));
    const steps = readAtTurns.slice(1).map((count, turn) => count - readAtTurns[turn]!);
    expect(Math.max(...steps)).toBeLessThan((2 * 32 * 1024) / lineBytes);
    expect(readAtTurns.at(-1)).toBeGreaterThan(10_000);
    expect(readAtTurns.at(-1)).toBeLessThan(rows);
    for (const [start, name] of ['a', 'b'].entries()) {
      const got = w.seen.rows.filter((row) => row.startsWith(`${name}:`));
      expect(got.map((row) => (JSON.parse(row.slice(2, row.indexOf('|'))) as { n: number }).n)).toEqual(
        Array.from({ length: rows / 2 }, (_, i) => 2 * i + start),
      );
    }
  });

  test('lines of streams in turns go to the fast lane one by one, those of one stream together', async () => {
    const asked: [string, number][] = [];
    const w = world({
      encoder: (header, plain) => {
        const given = withFastLane(header, plain);
        return {
          ...given,
          encodeLines(chunk, start, end, out) {
            asked.push([header.stream, chunk.toString('utf8', start, end).split('\n').length - 1]);
            return given.encodeLines!(chunk, start, end, out);
          },
        };
      },
    });
    const turns = ['a', 'b', 'a', 'b', 'b', 'b', 'a', 'a'];
    await w.run(lines(schema('a'), schema('b'), ...turns.map((name, n) => record(name, n))), { batch_size_rows: 100 });
    // First the SCHEMA of b.
    expect(asked).toEqual([['a', 1], ['a', 8], ['b', 1], ['a', 1], ['b', 1], ['b', 4], ['a', 1], ['a', 1]]); // prettier-ignore
    expect(w.seen.rows).toHaveLength(turns.length);
  });

  test('a failed load lets no state leave', async () => {
    const w = world({ load: () => Promise.reject(new Error('disk full')) });
    await expect(w.run(lines(schema('a'), record('a', 1), state(1)))).rejects.toThrow('disk full');
    expect([w.seen.states, w.seen.closed]).toEqual([[], true]);
  });

  test('while units are open their states wait for the commit', async () => {
    let n = 0;
    const w = world({ load: () => Promise.resolve(++n < 3 ? 'open' : 'committed') });
    const list = Array.from({ length: 3 }, (_, i) => Buffer.from(lines(...[1, 2, 3, 4, 5].map((x) => record('a', x)), state(i))));
    await w.run(chunks([Buffer.from(lines(schema('a'))), ...list]));
    expect(w.seen.states[0]).toBe('2');
    expect(w.seen.durableAtState[0]).toBe(15);
  });

  test('while the input is idle, a destination that has left a unit open is asked until it commits', async () => {
    let resume = (): void => undefined;
    const units: (string | undefined)[] = [];
    async function* idle(): AsyncGenerator<Buffer> {
      yield Buffer.from(lines(schema('a'), record('a', 1), state(3)));
      await new Promise<void>((resolve) => (resume = resolve));
    }
    const w = world({
      load: ({ parts, state: given }) => {
        units.push(parts.length === 0 ? 'asked' : given);
        return Promise.resolve(units.length < 4 ? 'open' : 'committed');
      },
    });
    const running = w.run(idle(), { max_state_age_seconds: 0.01 });
    await expect.poll(() => w.seen.states).toEqual(['3']);
    expect(units).toEqual(['3', 'asked', 'asked', 'asked']);
    resume();
    await running;
  });

  test('a destination is not asked more often than states may age, and not at all when none is held', async () => {
    const asked: number[] = [];
    let resume = (): void => undefined;
    async function* idle(): AsyncGenerator<Buffer> {
      yield Buffer.from(lines(schema('a'), record('a', 1), record('a', 2), state(3)));
      await new Promise<void>((resolve) => (resume = resolve));
    }
    const w = world({
      load: ({ parts }) => {
        if (parts.length === 0) asked.push(Date.now());
        return Promise.resolve(asked.length < 3 ? 'open' : 'committed');
      },
    });
    const running = w.run(idle(), { max_state_age_seconds: 0.05, batch_wait_limit_seconds: 0.01, batch_size_rows: 1 });
    await expect.poll(() => w.seen.states).toEqual(['3']);
    const count = asked.length;
    for (const [i, at] of asked.slice(1).entries()) expect(at - asked[i]!).toBeGreaterThanOrEqual(45);
    expect(count).toBe(3);
    resume();
    await running;
  });

  test('a run that fails asks for what is open, because nobody can do so later', async () => {
    const ended: (true | undefined)[] = [];
    const w = world({
      load: ({ ends }) => {
        ended.push(ends);
        return Promise.resolve(ends ? 'committed' : 'open');
      },
    });
    const input = chunks([lines(schema('a'), record('a', 1), state(7)), lines('oops')].map((text) => Buffer.from(text)));
    await expect(w.run(input, { batch_size_rows: 1 })).rejects.toMatchObject({ code: 'input-not-json' });
    expect([w.seen.states, ended]).toEqual([['7'], [undefined, true]]);
  });

  test('what a STATE covers is kept when a later line is bad', async () => {
    const w = world();
    await expect(w.run(lines(schema('a'), record('a', 1), state(7), record('a', 2), 'oops secret'))).rejects.toThrow(
      /^Line 5 of the input: is not JSON$/,
    );
    expect([w.seen.rows.length, w.seen.states]).toEqual([1, ['7']]);
  });

  test('a last line that was cut is not taken and fails the run', async () => {
    const w = world();
    await expect(w.run(`${lines(schema('a'), record('a', 1), state(7))}{"type":"RECO`)).rejects.toMatchObject({
      code: 'input-cut',
    });
    expect([w.seen.rows.length, w.seen.states]).toEqual([1, ['7']]);
  });

  test('a whole last line without its newline is taken; blank lines, CRLF, BOM and any case are fine', async () => {
    const w = world();
    await w.run(
      `\uFEFF${schema('a')}\r\n\r\n  \n${record('a', 1).replace('RECORD', 'record')}\n${state({ a: [1, 'x y'], b: 1 })}`,
    );
    expect([w.seen.rows.length, w.seen.states]).toEqual([1, ['{"a":[1,"x y"],"b":1}']]);
  });

  test('an upstream that says it was still syncing and ends has died: its uncovered rows are left', async () => {
    const w = world();
    const syncing = { currently_syncing: 'a', bookmarks: {} };
    await expect(w.run(lines(schema('a'), record('a', 1), state(syncing), record('a', 2)))).rejects.toMatchObject({
      code: 'input-unfinished',
    });
    expect([w.seen.rows.length, w.seen.states, w.seen.complete]).toEqual([1, [JSON.stringify(syncing)], undefined]);
  });

  test('streams are complete when a STATE after their last row does not say that they go on', async () => {
    const w = world();
    await w.run(
      lines(
        schema('a'),
        schema('b'),
        schema('c'),
        record('a', 1),
        state({ bookmarks: { c: { progress_markers: {} } } }),
        record('b', 1),
      ),
    );
    expect(w.seen.complete).toEqual(['a']);
  });

  test('empty states never leave; numbers and order of a state do not change', async () => {
    const w = world();
    await w.run(
      lines(schema('a'), record('a', 1), state({ b: 1 }).replace('1', '12345678901234567890.10'), state({}), state(null)),
    );
    expect(w.seen.states).toEqual(['{"b":12345678901234567890.10}']);
  });

  test('bounds of a schema that no JavaScript number can hold are still bounds', async () => {
    const bounded = schema('a').replace(
      '"integer"',
      '"integer","enum":[1,2.50,1e30],"minimum":-9223372036854775808,"maximum":9223372036854775807',
    );
    const w = world();
    await w.run(lines(bounded, record('a', 1)));
    expect(w.seen.rows).toHaveLength(1);
    await expect(world().run(lines(bounded, record('a', 1).replace('1', '1e30')))).rejects.toMatchObject({
      code: 'record-invalid',
    });
  });

  test('an equal SCHEMA, key order aside, changes nothing; a different one keeps the rows before it apart', async () => {
    const parts: string[] = [];
    const w = world({
      load: (unit) =>
        Promise.resolve((parts.push(...unit.parts.map((p) => `${p.header.columns.length}/${p.rows}`)), 'committed')),
    });
    const swapped =
      '{"stream":"a","key_properties":[],"type":"SCHEMA","schema":{"properties":{"n":{"type":"integer"}},"type":"object"}}';
    const wider = schema('a').replace('"n":', '"m":{"type":"string"},"n":');
    await w.run(lines(schema('a'), record('a', 1), swapped, record('a', 2), wider, record('a', 3)));
    expect(parts).toEqual(['1/2', '2/1']);
  });

  test.each([
    ['a record before its SCHEMA', [record('x', 1)], { type: 'RecordsWithoutSchemaException' }],
    [
      'a missing key',
      [schema('a').replace('[]', '["n"]'), '{"type":"RECORD","stream":"a","record":{}}'],
      { type: 'MissingKeyPropertiesError' },
    ],
    [
      'a missing key that every object inherits',
      [
        schema('a').replaceAll('"n"', '"constructor"').replace('[]', '["constructor"]'),
        '{"type":"RECORD","stream":"a","record":{}}',
      ],
      { type: 'MissingKeyPropertiesError' },
    ],
    [
      'a required property that every object inherits',
      [
        schema('a').replaceAll('"n"', '"constructor"').replace('"type":"object"', '"required":["constructor"]'),
        '{"type":"RECORD","stream":"a","record":{}}',
      ],
      { code: 'record-invalid' },
    ],
    ['an invalid record', [schema('a'), '{"type":"RECORD","stream":"a","record":{"n":"hidden"}}'], { code: 'record-invalid' }],
    [
      'a schema without properties',
      ['{"type":"SCHEMA","stream":"a","schema":{"type":"object"},"key_properties":[]}'],
      { code: 'schema-without-properties' },
    ],
    ['keys that are no names', [schema('a').replace('[]', '[1]')], { code: 'schema-malformed-keys' }],
    ['keys that are no list', [schema('a').replace('[]', '{"n":1}')], { code: 'schema-malformed-keys' }],
    ['a key that is null', [schema('a').replace('[]', '["n",null]')], { code: 'schema-malformed-keys' }],
    ['keys that the schema lacks', [schema('a').replace('[]', '["gone"]')], { code: 'schema-unknown-property' }],
    [
      'a schema that says nothing known',
      [schema('a').replace('integer', 'whole'), record('a', 1)],
      { code: 'schema-invalid', facts: { stream: 'a', path: '/properties/n/type' } },
    ],
    ['a line that is not a message', ['[1]'], { code: 'input-not-message' }],
    ['a line that is too long', [JSON.stringify('x'.repeat(1_100_000))], { code: 'input-line-too-long' }],
  ])('%s fails with its own code and never shows the value', async (_, list, expected) => {
    const w = world();
    const bytes = Buffer.from(lines(...list));
    const failure = await w.run(chunks([bytes.subarray(0, 20), bytes.subarray(20)])).catch((error: unknown) => error);
    expect(failure).toMatchObject(expected);
    expect(String(failure)).not.toContain('hidden');
  });

  test('bytes that are not UTF-8 are named by line', async () => {
    const w = world();
    const bad = Buffer.concat([Buffer.from(lines(schema('a'), record('a', 1))), Buffer.of(0x22, 0xff, 0x22, 0x0a)]);
    await expect(w.run(chunks([bad]))).rejects.toMatchObject({ code: 'input-not-utf8', facts: { line: 3 } });
  });

  test('a signal stops the reading, keeps what is covered and prints it', async () => {
    const w = world();
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from(lines(schema('a'), record('a', 1), state(3), record('a', 2)));
      queueMicrotask(() => setImmediate(() => w.stop.abort(new Interrupted('SIGTERM'))));
      await new Promise(() => undefined);
    }
    await expect(w.run(endless())).rejects.toMatchObject({ exitCode: 143 });
    expect([w.seen.rows.length, w.seen.states, w.seen.closed]).toEqual([1, ['3'], true]);
  });

  test('an old state leaves while the input is idle', async () => {
    const w = world();
    let resume: () => void = () => undefined;
    async function* idle(): AsyncGenerator<Buffer> {
      yield Buffer.from(lines(schema('a'), record('a', 1), state(3)));
      await new Promise<void>((resolve) => (resume = resolve));
    }
    const running = w.run(idle(), { max_state_age_seconds: 0.01 });
    await expect.poll(() => w.seen.states).toEqual(['3']);
    resume();
    await running;
  });

  test('when nobody reads the states the work is finished, then the run fails', async () => {
    const w = world({ outputFails: true });
    await expect(
      w.run(lines(schema('a'), record('a', 1), state(1), ...Array.from({ length: 20 }, (_, n) => record('a', n)))),
    ).rejects.toThrow('closed');
    expect(w.seen.rows).toHaveLength(21);
  });
});

describe('the summaries of a run that fails', () => {
  test('say per stream how many rows were loaded and are durable', async () => {
    const w = world({ load: (unit) => Promise.resolve(unit.state === '1' ? 'committed' : 'open') });
    const input = lines(
      schema('a'),
      schema('b'),
      record('a', 1),
      record('b', 1),
      record('b', 2),
      state(1),
      record('a', 2),
      record('a', 3),
      state(2),
      record('a', 4),
      'oops',
    );
    await expect(w.run(chunks(pieces(input)), { batch_size_rows: 1 })).rejects.toMatchObject({ code: 'input-not-json' });
    expect(Object.fromEntries(w.seen.summaries)).toEqual({ a: { loaded: 4, durable: 1 }, b: { loaded: 2, durable: 2 } });
    expect([...w.seen.outcomes]).toEqual(['failed']);
  });

  test('count what failed to load as neither, also in the quarantine', async () => {
    const w = world({ load: () => Promise.reject(new Error('disk full')) });
    const input = lines(schema('a'), record('a', 1), record('a', { n: 'x' }), state(1));
    await expect(w.run(input, { on_bad_record: 'quarantine' })).rejects.toThrow('disk full');
    const none = { loaded: 0, durable: 0 };
    expect(Object.fromEntries(w.seen.summaries)).toEqual({ a: { ...none, quarantined: 1 }, _sdc_quarantine: none });
  });

  test('are those of a good run if only its states could not be printed', async () => {
    const w = world({ outputFails: true });
    await expect(w.run(lines(schema('a'), record('a', 1), state(1)))).rejects.toThrow('closed');
    expect([w.seen.summaries.get('a'), [...w.seen.outcomes]]).toEqual([{}, ['succeeded']]);
  });

  test('come with the failure itself, whatever else fails after it', async () => {
    const w = world({ close: () => Promise.reject(new Error('cannot unlock')) });
    await expect(w.run(lines(schema('a'), record('a', 1), 'oops'))).rejects.toMatchObject({ code: 'input-not-json' });
    expect(w.seen.summaries.get('a')).toEqual({ loaded: 0, durable: 0 });
    await expect(w.run(lines(schema('a'), record('a', 1)))).rejects.toThrow('cannot unlock');
  });
});

/** A chunk for each line. */
function pieces(text: string): Buffer[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(`${line}\n`));
}
