import * as fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { activate, chunks, lines, record, schema, state, withFastLane, world } from '../../../support/memory-destination.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const STREAMS = ['a', 'b', 'c'] as const;

type Step =
  | { readonly do: 'rows'; readonly stream: string; readonly count: number; readonly version: number | undefined }
  | {
      readonly do: 'batch';
      readonly stream: string;
      readonly counts: readonly number[];
      readonly version: number | undefined;
      readonly gzip: boolean;
    }
  | { readonly do: 'activate'; readonly stream: string; readonly version: number }
  | { readonly do: 'schema'; readonly stream: string }
  | { readonly do: 'state' };

const stream = fc.constantFrom(...STREAMS);
const version = fc.constantFrom(1, 2, 2, 2, undefined);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('rows' as const), stream, count: fc.integer({ min: 1, max: 4 }), version }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('batch' as const),
        stream,
        counts: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
        version,
        gzip: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('activate' as const), stream, version: fc.constantFrom(1, 2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('schema' as const), stream }) },
    { weight: 3, arbitrary: fc.constant({ do: 'state' as const }) },
  ),
  { maxLength: 40 },
);

/** How the run goes on: the input's size of chunks, the batch size, where it is killed, and what the destination answers. */
const course = fc.record({
  cut: fc.integer({ min: 1, max: 600 }),
  batchRows: fc.integer({ min: 1, max: 12 }),
  end: fc.constantFrom('clean', 'clean', 'malformed', 'load fails'),
  failAt: fc.integer({ min: 1, max: 6 }),
  open: fc.array(fc.boolean(), { maxLength: 5 }),
  fast: fc.boolean(),
});

/** The messages of the steps, and what is known of them: rows are numbers that grow by one. */
interface Script {
  readonly messages: readonly string[];
  readonly rows: { readonly stream: string; readonly version: number | undefined; readonly step: number }[];
}

function script(list: readonly Step[], folder: string): Script {
  const messages = STREAMS.map((name) => schema(name));
  const rows: Script['rows'] = [];
  const next = (name: string, version: number | undefined, step: number): number =>
    rows.push({ stream: name, version, step }) - 1;
  let widths = 0;
  list.forEach((step, at) => {
    if (step.do === 'rows') {
      for (let i = 0; i < step.count; i++)
        messages.push(record(step.stream, next(step.stream, step.version, at), { version: step.version }));
    } else if (step.do === 'batch') {
      const manifest = step.counts.map((count, file) => {
        const text = Array.from({ length: count }, () => `{"n":${next(step.stream, step.version, at)}}\n`).join('');
        const path = join(folder, `${at}-${file}`);
        writeFileSync(path, step.gzip ? gzipSync(text) : text);
        return path;
      });
      const encoding = { format: 'jsonl', compression: step.gzip ? 'gzip' : 'none' };
      messages.push(JSON.stringify({ type: 'BATCH', stream: step.stream, encoding, manifest, version: step.version }));
    } else if (step.do === 'activate') messages.push(activate(step.stream, step.version));
    else if (step.do === 'state') messages.push(state({ rows: rows.length }));
    else messages.push(schema(step.stream, { n: { type: 'integer' }, [`x${widths++}`]: { type: 'string' } }));
  });
  return { messages, rows };
}

test('whatever comes in whatever order, and wherever it ends: no state runs ahead, no row is lost, doubled or moved, no version is activated without cause', async () => {
  const folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(steps, course, async (list, { cut, batchRows, end, failAt, open, fast }) => {
      const { messages, rows } = script(list, folder);
      let loads = 0;
      const w = world({
        ...(fast ? { encoder: withFastLane } : {}),
        load: () => {
          loads++;
          if (end === 'load fails' && loads === failAt) return Promise.reject(new Error('disk full'));
          return Promise.resolve(open[loads] ? 'open' : 'committed');
        },
      });
      const bytes = Buffer.from(lines(...messages, ...(end === 'malformed' ? ['oops'] : [])));
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += cut) pieces.push(bytes.subarray(at, at + cut));
      const failed = await w.run(chunks(pieces), { batch_size_rows: batchRows }).then(
        () => false,
        () => true,
      );
      const loaded = w.seen.units.flat();
      const numbers = (name: string): number[] =>
        loaded.filter((text) => text.startsWith(`${name} `)).map((text) => (JSON.parse(text.slice(2)) as { n: number }).n);
      for (const name of STREAMS) {
        const sent = rows.flatMap((row, n) => (row.stream === name ? [n] : []));
        const got = numbers(name);
        expect(got).toEqual(sent.slice(0, got.length));
        if (!failed) expect(got).toHaveLength(sent.length);
      }
      w.seen.states.forEach((text, i) =>
        expect(w.seen.rows.slice(0, w.seen.durableAtState[i]).length).toBeGreaterThanOrEqual(
          (JSON.parse(text) as { rows: number }).rows,
        ),
      );
      expect(failed).toBe(end === 'malformed' || (end === 'load fails' && loads >= failAt));
      checkActivations(list, rows, loaded);
    }),
    { numRuns: 150 },
  );
}, 60_000);

/** Each activation was asked for, comes after a row of its version, after all rows before it, and has no row without a version before it. */
function checkActivations(list: readonly Step[], rows: Script['rows'], loaded: readonly string[]): void {
  loaded.forEach((text, at) => {
    const activation = /^(.)! (\d+)$/.exec(text);
    if (activation === null) return;
    const [, name, v] = activation;
    const asked = list.flatMap((step, i) =>
      step.do === 'activate' && step.stream === name && step.version === Number(v) ? [i] : [],
    );
    expect(asked).not.toEqual([]);
    const before = loaded
      .slice(0, at)
      .filter((other) => other.startsWith(`${name} `))
      .map((other) => rows[(JSON.parse(other.slice(2)) as { n: number }).n]!);
    expect(before.some((row) => row.version === Number(v))).toBe(true);
    expect(before.every((row) => row.version !== undefined)).toBe(true);
    // It never overtakes rows that came before the message that asked for it.
    const due = rows.filter((row) => row.stream === name && row.step < asked[0]!).length;
    expect(before.length).toBeGreaterThanOrEqual(due);
  });
}
