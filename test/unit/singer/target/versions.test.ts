import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Versions } from '../../../../singer/target/versions.ts';
import {
  activate,
  lines,
  record,
  schema,
  state,
  withFastLane,
  world,
  type World,
  type WorldOptions,
} from '../../../support/memory-destination.ts';

const v = (stream: string, n: number, version: unknown): string => record(stream, n, { version });
const codes = ({ seen }: World): unknown[] => seen.warnings.map(({ fields }) => fields?.['code']);

describe.each<[string, WorldOptions]>([
  ['general lane', {}],
  ['fast lane', { encoder: withFastLane }],
])('ACTIVATE_VERSION, %s', (_, options) => {
  async function units(list: readonly string[], settings: object = {}): Promise<World> {
    const w = world(options);
    await w.run(lines(...list), { batch_size_rows: 100, ...settings });
    return w;
  }

  test('after rows of its version: they are written first, later rows go into a part of their own', async () => {
    const w = await units([schema('a'), v('a', 1, 7), v('a', 2, 7), activate('a', 7), v('a', 3, 7), state(1)]);
    expect(w.seen.units).toEqual([['a {"n":1}', 'a {"n":2}', 'a! 7', 'a {"n":3}']]);
    expect(w.seen.summaries.get('a')).toEqual({ activated_version: 7 });
  });

  test('before any row of its version it waits for the one after them', async () => {
    const w = await units([schema('a'), activate('a', 7), v('a', 1, 7), activate('a', 7), state(1)]);
    expect(w.seen.units).toEqual([['a {"n":1}', 'a! 7']]);
  });

  test('one that came before the rows alone is acted on at a clean end of a complete stream, with the state', async () => {
    const w = await units([schema('a'), activate('a', 7), v('a', 1, 7), state(1)]);
    expect([w.seen.units, w.seen.states]).toEqual([[['a {"n":1}', 'a! 7']], ['1']]);
  });

  test('also when the rows and the state have left before', async () => {
    const w = await units([schema('a'), activate('a', 7), v('a', 1, 7), state(1)], { batch_size_rows: 1 });
    expect([w.seen.units, w.seen.states]).toEqual([[['a {"n":1}'], ['a! 7']], ['1']]);
  });

  test.each([
    ['a STATE is missing', [schema('a'), activate('a', 7), v('a', 1, 7)]],
    ['rows came after the last STATE', [schema('a'), activate('a', 7), v('a', 1, 7), state(1), v('a', 2, 7)]],
    [
      'the state says that the stream goes on',
      [schema('a'), activate('a', 7), v('a', 1, 7), state({ bookmarks: { a: { progress_markers: {} } } })],
    ],
  ])('it is refused when %s', async (__, list) => {
    const w = await units(list);
    expect(w.seen.units.flat().filter((row) => row.includes('!'))).toEqual([]);
    expect(codes(w)).toEqual(['activate-unproven']);
  });

  describe('where bad records are put aside', () => {
    const quarantine = { on_bad_record: 'quarantine' };
    const bad = (version: number): string => record('a', { n: 'x' }, { version });

    test.each([false, true])('a version of which only such came is refused, allow_empty_activate %s', async (allowed) => {
      const w = world();
      const settings = { ...quarantine, allow_empty_activate: allowed };
      await w.run(lines(schema('a'), bad(7), activate('a', 7), state(1)), settings);
      expect(w.seen.units.flat().filter((row) => row.includes('!'))).toEqual([]);
      expect(codes(w)).toContain('activate-without-rows');
    });

    test('one after the last STATE leaves its stream unproven', async () => {
      const w = world();
      await w.run(lines(schema('a'), activate('a', 7), v('a', 1, 7), state(1), bad(7)), quarantine);
      expect(w.seen.units.flat().filter((row) => row.includes('!'))).toEqual([]);
      expect(codes(w)).toContain('activate-unproven');
      expect(w.seen.complete).not.toContain('a');
    });

    test('one before it does not', async () => {
      const w = world();
      await w.run(lines(schema('a'), activate('a', 7), v('a', 1, 7), bad(7), state(1)), quarantine);
      expect(w.seen.units.flat().filter((row) => row.includes('!'))).toEqual(['a! 7']);
      expect(w.seen.complete).toContain('a');
    });
  });

  test('without any row of the version it is refused, unless empty streams may be activated', async () => {
    const list = [schema('a'), v('a', 1, 6), activate('a', 7), state(1)];
    const refused = await units(list);
    expect([refused.seen.units, codes(refused)]).toEqual([[['a {"n":1}']], ['activate-without-rows']]);
    const allowed = await units(list, { allow_empty_activate: true });
    expect([allowed.seen.units, codes(allowed)]).toEqual([[['a {"n":1}', 'a! 7']], []]);
    const empty = await units([schema('a'), activate('a', 7), state(1)], { allow_empty_activate: true });
    expect(empty.seen.units).toEqual([['a! 7']]);
    const late = await units([state(1), schema('a'), activate('a', 7)], { allow_empty_activate: true });
    expect(late.seen.units).toEqual([[], ['a! 7']]);
  });

  test('a stream with rows that have no version is never activated', async () => {
    for (const list of [
      [schema('a'), record('a', 1), v('a', 2, 7), activate('a', 7), state(1)],
      [schema('a'), v('a', 1, 7), record('a', 2), activate('a', 7), state(1)],
      [schema('a'), v('a', 1, 7), v('a', 2, null), activate('a', 7), state(1)],
      [schema('a'), v('a', 1, 7), v('a', 2, '7'), activate('a', 7), state(1)],
    ]) {
      const w = await units(list, { allow_empty_activate: true });
      expect(w.seen.units).toEqual([['a {"n":1}', 'a {"n":2}']]);
      expect(codes(w).filter(Boolean)).toEqual(['activate-without-versions']);
    }
  });

  test('the same one twice does no harm', async () => {
    const w = await units([schema('a'), v('a', 1, 7), activate('a', 7), activate('a', 7), state(1), activate('a', 7)]);
    expect(w.seen.units).toEqual([['a {"n":1}', 'a! 7']]);
  });

  test('an activation after a STATE does not leave with it', async () => {
    const w = await units([schema('a'), v('a', 1, 7), state(1), activate('a', 7)]);
    expect([w.seen.units, w.seen.states]).toEqual([[['a {"n":1}'], ['a! 7']], ['1']]);
  });

  test('after the last row it proves the stream complete without a STATE', async () => {
    const w = await units([schema('a'), schema('b'), v('a', 1, 7), activate('a', 7), record('b', 1)]);
    expect(w.seen.complete).toEqual(['a']);
  });

  test('a new schema between does not lose sight of the versions', async () => {
    const wider = schema('a', { n: { type: 'integer' }, m: { type: 'string' } });
    const w = await units([schema('a'), activate('a', 7), v('a', 1, 7), wider, v('a', 2, 7), activate('a', 7), state(1)]);
    expect(w.seen.units).toEqual([['a {"n":1}', 'a {"n":2}', 'a! 7']]);
  });

  test('a failed run leaves what no STATE covers, the activation too', async () => {
    const w = world(options);
    const list = [schema('a'), v('a', 1, 7), state(1), v('a', 2, 7), activate('a', 7), 'oops'];
    await expect(w.run(lines(...list))).rejects.toMatchObject({ code: 'input-not-json' });
    expect(w.seen.units).toEqual([['a {"n":1}']]);
  });

  test('switched off it is ignored, for one stream too', async () => {
    const list = [schema('a'), schema('b'), v('a', 1, 7), v('b', 1, 7), activate('a', 7), activate('b', 7), state(1)];
    const w = await units(list, { stream_options: { a: { activate_version: false } } });
    expect(w.seen.units).toEqual([['a {"n":1}', 'b {"n":1}', 'b! 7']]);
  });

  test.each([undefined, null, '7', 7.5, {}])('a version of %j fails', async (version) => {
    await expect(world(options).run(lines(schema('a'), activate('a', version)))).rejects.toMatchObject({
      code: 'activate-malformed',
    });
  });

  test('versions that no JavaScript number holds are refused, not rounded', async () => {
    const big = activate('a', 1).replace('1}', '9007199254740993}');
    await expect(world(options).run(lines(schema('a'), big))).rejects.toMatchObject({ code: 'activate-malformed' });
    const row = v('a', 1, 1).replace('"version":1', '"version":9007199254740993');
    const w = await units([schema('a'), row, activate('a', 9007199254740992 - 1), state(1)]);
    expect(codes(w)).toContain('activate-without-versions');
  });

  test('before its SCHEMA it fails', async () => {
    await expect(world(options).run(lines(activate('a', 1)))).rejects.toMatchObject({ type: 'RecordsWithoutSchemaException' });
  });
});

describe('versions of raw lines', () => {
  test('a member of the record at the same distance from the end is none of the message', () => {
    const text = lines(
      '{"type":"RECORD","stream":"a","record":{"n":1},"version":1,"x":"ab"}',
      '{"type":"RECORD","stream":"a","record":{"n":1,"version":1,"x":"a"}}',
    );
    const versions = new Versions();
    versions.lines(Buffer.from(text), 0, Buffer.byteLength(text));
    expect(versions.activate(1)).toBe('unversioned');
  });

  const around = fc.constantFrom<(version: string) => string>(
    (version) => `{"type":"RECORD","stream":"a","version":${version},"record":{"n":1}}`,
    (version) => `{"version": ${version}, "type":"RECORD","stream":"a","record":{"n":1}}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"n":1},"version":${version}}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"n":1}, "version" : ${version} }\r`,
    (version) =>
      `{"type":"RECORD","stream":"a","record":{"n":1},"version":${version},"time_extracted":"2026-01-01T00:00:0${Number(version) % 10}Z"}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"n":1},"version":${version},"time_extracted":"}"}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"n":1,"version":${version}}}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"a":{"n":1,"version":${version},"m":2}},"m":3}`,
    (version) => `{"type":"RECORD","stream":"a","record":{"n":1},"x,\\"version\\"":${version}}`,
    () => `{"type":"RECORD","stream":"a","record":{"n":1}}`,
  );
  const version = fc.constantFrom('1', '2', '12', '1700000000000', 'null', '1.5', '9007199254740993');

  test('are seen as JSON.parse sees them, however the lines are written and cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(around, version), { minLength: 1, maxLength: 12 }), fc.nat(), (list, cut) => {
        const texts = list.map(([write, text]) => write(text));
        const exact = texts.map((text) => {
          const { version } = JSON.parse(text) as { version?: unknown };
          return typeof version === 'number' && Number.isSafeInteger(version) ? version : undefined;
        });
        const versions = new Versions();
        const half = cut % texts.length;
        for (const piece of [texts.slice(0, half), texts.slice(half)]) {
          const bytes = Buffer.from(piece.map((text) => `${text}\n`).join(''));
          if (versions.looks) versions.lines(bytes, 0, bytes.length);
        }
        expect(versions.looks).toBe(!exact.includes(undefined));
        for (const asked of [1, 2, 12, 1_700_000_000_000]) {
          const expected = exact.includes(undefined) ? 'unversioned' : exact.includes(asked) ? 'now' : 'waits';
          expect(versions.activate(asked)).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });
});
