import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activate,
  chunks,
  lines,
  record,
  schema,
  state,
  withFastLane,
  world,
  type World,
} from '../../../support/memory-destination.ts';
import type { Encoder, StreamHeader } from '../../../../singer/target/destination.ts';

const FLAT = { flattening_enabled: true, flattening_max_depth: 3 };
const object = (properties: object, more: object = {}): object => ({ type: ['null', 'object'], properties, ...more });
const PROPERTIES = {
  n: { type: 'integer' },
  user: object({
    name: { type: ['null', 'string'] },
    'a "name"': { type: 'boolean' },
    address: object({ zip: { type: 'string', maxLength: 5 }, geo: object({ lat: { type: 'number' } }) }, { required: ['zip'] }),
    tags: { type: 'array', items: { type: 'string' } },
  }),
  user__name: { type: 'string' },
  other: { type: 'object' },
};

/** The fast lane of `withFastLane` that counts the lines it takes. */
function counting(taken: { lines: number }): (header: StreamHeader, plain: Encoder) => Encoder {
  return (header, plain) => {
    const fast = withFastLane(header, plain);
    if (fast.encodeLines === undefined) return fast;
    return {
      ...fast,
      encodeLines(chunk, start, end, out) {
        const before = out.rows;
        const at = fast.encodeLines!(chunk, start, end, out);
        taken.lines += out.rows - before;
        return at;
      },
    };
  };
}

async function both(input: string, settings: object = {}): Promise<{ fast: World; taken: number }> {
  const taken = { lines: 0 };
  const fast = world({ encoder: counting(taken) });
  const general = world();
  const failures = await Promise.all(
    [fast, general].map((w) =>
      w
        .run(chunks([Buffer.from(input)]), { ...FLAT, batch_size_rows: 1000, ...settings })
        .catch((error: unknown) => String(error)),
    ),
  );
  expect(failures[0]).toBe(failures[1]);
  const timeless = (row: string): string => row.replaceAll(/"quarantined_at":"[^"]*"/g, '');
  expect(fast.seen.rows.map(timeless)).toEqual(general.seen.rows.map(timeless));
  return { fast, taken: taken.lines };
}

const RECORDS = [
  { n: 1, user: { name: 'x', address: { zip: '0150', geo: { lat: 1.5 } }, tags: ['a', 'b'] }, other: { a: [1, 'x y', {}] } },
  { n: 2, user: null },
  { n: 3 },
  { n: 4, user: {} },
  { user: { address: null, name: null }, n: 5, user__name: 'own' },
  { n: 6, user: { 'a "name"': true, name: 'quoted "x"\n', address: { zip: 'ä', geo: null } } },
];

describe('the fast lane of a flattened stream', () => {
  test('makes of each line what the general lane makes of it', async () => {
    const list = RECORDS.map((one) => record('s', one, { time_extracted: '2026-01-01T00:00:00Z' }));
    const { fast, taken } = await both(lines(schema('s', PROPERTIES), ...list, ...list, ...list));
    expect(taken).toBe(18);
    expect(fast.seen.rows.slice(0, 3).map((row) => row.split('|')[1])).toEqual([
      expect.stringMatching(/^\{"n":1,"user__name_[\da-f]{8}":"x","user__address__zip":"0150","user__address__geo__lat":1\.5,"user__tags":\["a","b"\],"other":/),
      expect.stringMatching(/^\{"n":2,"user__name_[\da-f]{8}":null,"user__a \\"name\\"":null,"user__address__zip":null,/),
      '{"n":3}',
    ]);
  }); // prettier-ignore

  test.each([
    ['a value that breaks its nested schema', { n: 1, user: { address: { zip: 'too long' } } }],
    ['a missing member that is required', { n: 1, user: { address: {} } }],
    ['a null where none is allowed', { n: 1, user: { tags: null } }],
    ['something else than an object', { n: 1, user: 'x' }],
    ['a field that the schema does not name', { n: 1, user: { new: 1 } }],
  ])('leaves %s to the general lane', async (_, one) => {
    const good = record('s', RECORDS[0]);
    for (const settings of [{}, { validate_records: false }, { on_bad_record: 'quarantine' }]) {
      const { taken } = await both(lines(schema('s', PROPERTIES), good, good, record('s', one), good), {
        ...settings,
        run_id: 'r',
      });
      expect(taken).toBeGreaterThanOrEqual(2);
    }
  });

  test('knows white space, rare spellings and text of many lines', async () => {
    const spaced = record('s', RECORDS[0]).replaceAll(/([:,{[])(?=["{[\d])/g, '$1 ');
    const spelled = record('s', RECORDS[5])
      .replace('ä', String.raw`\u00e4`)
      .replace('"name":', String.raw`"n\u0061me":`);
    const long = record('s', { n: 1, user: { name: 'y'.repeat(100_000) }, other: { a: 'z'.repeat(100_000) } });
    const { taken } = await both(lines(schema('s', PROPERTIES), spaced, spelled, spaced, long, spaced, long));
    expect(taken).toBe(5);
  });

  test('makes of any lines what the general lane makes of them', async () => {
    const text = fc.oneof(fc.constantFrom('', 'a', 'long text', 'ä"\\', '\u0001', '\ud800'), fc.string({ unit: 'binary', maxLength: 5 }));
    const nullOr = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 8 });
    const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[] = []): fc.Arbitrary<unknown> =>
      nullOr(fc.record(model, { requiredKeys, noNullPrototype: true }));
    const lat = fc.integer().map((i) => i / 8);
    const geo = fc.oneof({ weight: 9, arbitrary: some({ lat }) }, { weight: 1, arbitrary: some({ lat, more: text }) });
    const zip = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('', 'ä', '0150') }, { weight: 1, arbitrary: text });
    const address = fc.oneof({ weight: 9, arbitrary: some({ zip, geo }, ['zip']) }, { weight: 1, arbitrary: some({ zip, geo }) });
    const user = some({ name: nullOr(text), 'a "name"': fc.boolean(), address, tags: fc.array(text, { maxLength: 3 }) });
    const one = fc.record(
      { n: fc.nat(), user, user__name: text, other: fc.dictionary(fc.constantFrom('a', 'b', ''), fc.oneof(text, fc.array(text)), { noNullPrototype: true }) },
      { requiredKeys: ['n'], noNullPrototype: true },
    );
    const message = fc.oneof(
      { weight: 8, arbitrary: one.map((value) => record('s', value, { version: 1 })) },
      { weight: 1, arbitrary: fc.constantFrom(state({ a: 1 }), record('other', 1), activate('s', 1), '') },
    );
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 5, maxLength: 20 }), fc.boolean(), async (messages, validate_records) => {
        const input = lines(schema('s', PROPERTIES), schema('other'), ...messages);
        taken += (await both(input, { validate_records, on_bad_record: 'quarantine', run_id: 'r' })).taken;
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(20);
  }); // prettier-ignore
});
