import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../../../singer/errors.ts';
import { activate, chunks, record, schema, state, withFastLane, world, type World } from '../../../support/memory-destination.ts';

/** Stands in every record's values, and in no name. */
const SECRET = 'hushhush';

const PROPERTIES = {
  n: { type: 'integer' },
  note: { type: ['null', 'string'] },
  more: { type: 'object', properties: { x: {} } },
};

interface Line {
  readonly text: string;
  /** The record's number, as long as nothing has been done to the line. */
  readonly n?: number;
}

const step = fc.constantFrom('a', 'b', 'a', 'b', 'a', 'b', 'STATE', 'STATE', 'SCHEMA', 'ACTIVATE', 'BATCH', 'OTHER');

/** A stream as a sound tap sends it: each state says how many records came before it. */
function soundLines(steps: readonly string[]): Line[] {
  let n = 0;
  const wider = { ...PROPERTIES, late: { type: 'string' } };
  const made: Line[] = steps.map((one): Line => {
    if (one === 'STATE') return { text: state({ rows: n, note: SECRET }) };
    if (one === 'SCHEMA') return { text: schema('a', n % 2 === 0 ? wider : PROPERTIES, ['n']) };
    if (one === 'ACTIVATE') return { text: activate('a', 1) };
    if (one === 'BATCH')
      return { text: JSON.stringify({ type: 'BATCH', stream: 'b', encoding: { format: 'jsonl' }, manifest: [] }) };
    if (one === 'OTHER') return { text: JSON.stringify({ type: 'HEARTBEAT', note: SECRET }) };
    const value = { n, note: `${SECRET} "${n}"`, more: { x: [SECRET] } };
    return { text: record(one, value, one === 'a' ? { version: 1 } : {}), n: n++ };
  });
  return [{ text: schema('a', PROPERTIES, ['n']) }, { text: schema('b', PROPERTIES) }, ...made];
}

/** What is done to one line, at a place in it. */
const DAMAGE: Readonly<Record<string, (text: string, at: number, byte: string) => string>> = {
  replace: (text, at, byte) => text.slice(0, at) + byte + text.slice(at + 1),
  insert: (text, at, byte) => text.slice(0, at) + byte + text.slice(at),
  remove: (text, at) => text.slice(0, at) + text.slice(at + 1),
  cut: (text, at) => text.slice(0, at),
  twice: (text) => `${text}${text}`,
  retype: (text) => text.replace(/("n":|"value":|"version":|"schema":|"manifest":|"record":)/, '$1null,"was":'),
  unname: (text) => text.replace(/"(stream|record|schema|type|key_properties|value|encoding)":/, '"x$1":'),
  deepen: (text) => text.replace(/"x":/, `"x":${'['.repeat(20_000)}${']'.repeat(20_000)},"y":`),
};
const damage = fc.record({
  line: fc.nat(),
  at: fc.nat(),
  how: fc.constantFrom(...Object.keys(DAMAGE)),
  byte: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '\0', '\n', '\r', ' ', '\ud800', 'é', '\uFEFF'),
});
const order = fc.record({ from: fc.nat(), to: fc.nat(), what: fc.constantFrom('move', 'drop', 'repeat') });

const input = fc.record({
  steps: fc.array(step, { maxLength: 25 }),
  damages: fc.array(damage, { maxLength: 2 }),
  orders: fc.array(order, { maxLength: 2 }),
  cut: fc.integer({ min: 1, max: 600 }),
  fast: fc.boolean(),
  settings: fc.record(
    {
      batch_size_rows: fc.integer({ min: 1, max: 6 }),
      on_bad_record: fc.constantFrom('fail', 'quarantine', 'null_value'),
      validate_records: fc.boolean(),
      flattening: fc.boolean(),
      max_errors: fc.nat({ max: 2 }),
    },
    { noNullPrototype: true },
  ),
});

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;

function spoiled(lines: readonly Line[], { damages, orders }: Pick<Of<typeof input>, 'damages' | 'orders'>): Line[] {
  const all = [...lines];
  for (const { from, to, what } of orders) {
    const line = all[from % all.length]!;
    if (what === 'repeat') all.splice(to % all.length, 0, line);
    else if (all.length > 1) {
      all.splice(from % all.length, 1);
      if (what === 'move') all.splice(to % (all.length + 1), 0, line);
    }
  }
  for (const { line, at, how, byte } of damages) {
    const { text } = all[line % all.length]!;
    all[line % all.length] = { text: DAMAGE[how]!(text, at % (text.length + 1), byte) };
  }
  return all;
}

async function failureOf(w: World, lines: readonly Line[], cut: number, settings: object): Promise<unknown> {
  const bytes = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
  const pieces = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, i) => bytes.subarray(i * cut, (i + 1) * cut));
  return w.run(chunks(bytes.length > 20_000 ? [bytes] : pieces), settings).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('any input', () => {
  test('ends well or with an error of our own, no state is ahead of its records, and no value is told', async () => {
    let failed = 0;
    await fc.assert(
      fc.asyncProperty(input, async ({ steps, cut, fast, settings: { flattening, ...settings }, ...spoils }) => {
        const lines = spoiled(soundLines(steps), spoils);
        const w = world(fast ? { encoder: withFastLane } : {});
        const flat = flattening ? { flattening_enabled: true, flattening_max_depth: 2 } : {};
        const failure = await failureOf(w, lines, cut, { ...settings, ...flat });

        if (failure !== undefined) {
          failed++;
          if (!(failure instanceof TaplineError)) throw failure;
          expect(failure.code).toMatch(/^[a-z-]+$/);
          const told = JSON.stringify([failure.message, failure.facts, failure.hint, w.seen.warnings]);
          expect(told).not.toContain(SECRET);
        }
        expect(w.seen.closed).toBe(true);
        w.seen.states.forEach((text, i) => {
          const place = lines.findIndex((line) => line.text.includes(text));
          const durable = new Set(w.seen.rows.slice(0, w.seen.durableAtState[i]).flatMap(numbersIn));
          for (const { n } of lines.slice(0, Math.max(place, 0))) if (n !== undefined) expect(durable).toContain(n);
        });
      }),
      { numRuns: 150 },
    );
    expect(failed).toBeGreaterThan(5);
  });

  test('of random bytes ends with an error of our own', async () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.from(all)), fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)));
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), fc.boolean(), async (pieces, after) => {
        const w = world({ encoder: withFastLane });
        const before = after ? [Buffer.from(`${schema('a')}\n${record('a', 1)}\n`)] : [];
        const failure: unknown = await w.run(chunks([...before, ...pieces])).catch((error: unknown) => error);
        if (failure !== undefined) expect(failure).toBeInstanceOf(TaplineError);
        expect(w.seen.states).toEqual([]);
      }),
      { numRuns: 150 },
    );
  }); // prettier-ignore

  test.each([1_000, 4_000, 8_000, 20_000, 300_000])('nested %d deep is loaded or refused with a code', async (depth) => {
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const schemaLine = schema('a', { n: { type: 'integer' }, x: {} });
    for (const bad of [
      `{"type":"RECORD","stream":"a","record":{"n":1,"x":${nested}}}`,
      `{"type":"RECORD","stream":"a","record":{"n":1.50,"x":${nested}}}`,
      `{"type":"STATE","value":${nested}}`,
      schemaLine.replace('"x":{}', `"x":{"default":${nested}}`),
      schemaLine.replace('"x":{}', `"x":${'{"allOf":['.repeat(depth)}{}${']}'.repeat(depth)}`),
      schemaLine.replace('"x":{}', `"x":${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`),
    ]) {
      const failure: unknown = await world()
        .run(`${schemaLine}\n${bad}\n${record('a', { n: 1, x: [] })}\n`, { max_line_bytes: 1e8 })
        .catch((error: unknown) => error);
      if (failure !== undefined && !(failure instanceof TaplineError)) throw failure;
    }
  });
});

/** The numbers of records that are in a row, whether loaded as they are or kept as bad ones. */
function numbersIn(row: string): number[] {
  return [...row.matchAll(/\\?"n\\?":(\d+)/g)].map(([, n]) => Number(n));
}
