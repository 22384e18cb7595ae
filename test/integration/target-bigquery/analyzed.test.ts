import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from '../../../scripts/command.mjs';
import type { Ask, Destination, Json, Run, Target } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import { BigQueryDouble } from '../../support/bigquery/double.ts';
import { record, schema, state } from '../../support/bigquery/load-into.ts';
import { StatementLog, watchBuilders } from '../../support/bigquery/statements.ts';
import { analyze, describeWithAnalyzer } from '../../support/googlesql/analyze.ts';
import type { through as Through } from '../../support/through.ts';

const RESERVED = ['at', 'in', 'select', 'group', 'merge', 'order', 'struct', 'from', 'null', '_sdc_deleted_at', 'data'];

/** A kind of property: its schema, and two values. */
interface Kind {
  readonly schema: object;
  readonly values: readonly [Json, Json];
  /** What it may become: wider, or another type beside which it stands then. */
  readonly next: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  integer: { schema: { type: ['integer', 'null'] }, values: [1, -9007199254740991], next: ['number', 'decimal'] },
  number: { schema: { type: ['number', 'null'] }, values: [1.5, -1e300], next: ['string'] },
  decimal: { schema: { type: 'number', multipleOf: 0.01 }, values: [1.25, 7], next: ['fine'] },
  fine: { schema: { type: 'number', multipleOf: 0.000_000_000_001 }, values: [1.25, 7], next: ['boolean'] },
  string: { schema: { type: ['string', 'null'] }, values: ["it's", 'é\\"'], next: ['integer', 'list'] },
  date: { schema: { type: 'string', format: 'date' }, values: ['2026-01-02', '0001-01-01'], next: ['datetime'] },
  datetime: {
    schema: { type: 'string', format: 'date-time' },
    values: ['2026-01-02T03:04:05Z', '9999-12-31T23:59:59Z'],
    next: ['string'],
  },
  time: { schema: { type: 'string', format: 'time' }, values: ['01:02:03', '23:59:59'], next: ['string'] },
  boolean: { schema: { type: 'boolean' }, values: [true, false], next: ['integer'] },
  bytes: { schema: { type: 'string', contentEncoding: 'base64' }, values: ['AAE=', '/w=='], next: ['string'] },
  object: { schema: { type: 'object', properties: { in: { type: 'integer' } } }, values: [{ in: 1 }, { in: 2 }], next: ['list'] },
  list: { schema: { type: 'array', items: { type: 'string' } }, values: [['a'], []], next: ['string'] },
  any: { schema: {}, values: ['x', { y: 1 }], next: ['integer'] },
};

interface Shape {
  readonly kinds: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
  /** The kinds later. */
  readonly later: Readonly<Record<string, string>>;
}

const names = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom(...RESERVED));
const shapes = fc
  .tuple(
    fc.dictionary(names, fc.constantFrom(...Object.keys(KINDS)), { minKeys: 1, maxKeys: 7, noNullPrototype: true }),
    fc.nat(),
    fc.nat(),
    names,
  )
  .map(([kinds, keyBits, nextBits, added]): Shape => {
    const properties = Object.keys(kinds);
    const keys = properties.filter(
      (name, i) => name !== '_sdc_deleted_at' && (i === keyBits % properties.length || (keyBits >> i) % 4 === 1),
    );
    const later = Object.fromEntries(
      properties.map((name, i) => {
        const { next } = KINDS[kinds[name]!]!;
        return [name, keys.includes(name) || (nextBits >> i) % 4 === 0 ? kinds[name]! : next[nextBits % next.length]!];
      }),
    );
    return { kinds, keys, later: { [added]: 'integer', ...later } };
  })
  .filter(({ keys }) => keys.length > 0);

function runOf({ name }: Target): Run {
  const log = { debug() {}, info() {}, conceal() {}, warn() {}, error() {}, warnOnce() {} };
  return { name, version: '0', log, signal: new AbortController().signal };
}

const KEPT = { state_table: '_singer_state' };
const NESTED = { nested: 'struct' };
const PLACE = { project: 'test', dataset: 'd' };

await describeWithAnalyzer('Google’s analyzer accepts what target-bigquery sends', () => {
  const double = new BigQueryDouble();
  const log = new StatementLog();
  let target: Target;
  let through: typeof Through;
  let builders: Map<string, number>;
  beforeAll(async () => {
    await double.start();
    log.watch(double);
    builders = await watchBuilders();
    target = (await import('../../../targets/bigquery/index.ts')).default as unknown as Target;
    // Of the same core.
    ({ through } = await import('../../support/through.ts'));
  });
  afterAll(async () => {
    vi.resetModules();
    await double.stop();
  });

  const settingsOf = (settings: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> => ({
    ...PLACE,
    api_endpoint: double.url,
    denormalized: true,
    on_bad_record: 'quarantine',
    ...settings,
  });
  const configOf = (settings: Readonly<Record<string, Json>>): never =>
    checkConfig(allSettings(target), settingsOf(settings)).config as never;
  const load = (messages: readonly object[], settings: Readonly<Record<string, Json>>, into = target): Promise<unknown> =>
    through(into, { lane: 'fast', settings: settingsOf(settings), lines: messages.map((message) => JSON.stringify(message)) });
  const ask = (mode: 'check' | 'plan', messages: readonly object[], settings: Readonly<Record<string, Json>>): unknown => {
    const rehearse = async (destination: Destination): Promise<void> =>
      void (await load(messages, settings, { ...target, open: () => Promise.resolve(destination) }));
    const asked = { format: 'json', rehearse } as Partial<Ask> as Ask;
    return target.modes![mode]!.run(configOf(settings), runOf(target), asked);
  };

  test('in runs of every load method, --plan and --check, with any names and types', { timeout: 300_000 }, async () => {
    const samples = fc.sample(shapes, { numRuns: 25, seed: 4 });
    for (const [i, shape] of samples.entries()) {
      const messages = (stream: string, kinds: Shape['kinds'], which: 0 | 1, version?: number): object[] => {
        const properties = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, KINDS[kind]!.schema]));
        const rows = [which, 1 - which].map((at, n) => {
          const values = Object.entries(kinds).map(([name, kind]): [string, Json] => {
            const value = KINDS[kind]!.values[shape.keys.includes(name) ? n : at]!;
            return [name, n === 0 && JSON.stringify(KINDS[kind]!.schema).includes('null') ? null : value];
          });
          return { ...record(stream, Object.fromEntries(values)), ...(version === undefined ? {} : { version }) };
        });
        const activate = version === undefined ? [] : [{ type: 'ACTIVATE_VERSION', stream, version }];
        return [schema(stream, properties, shape.keys), ...rows, ...activate, state({ which })];
      };
      const upsert = {
        load_method: 'upsert',
        hard_delete: i % 2 === 0,
        ...(i % 5 === 0 ? KEPT : {}),
        ...(i % 3 === 0 ? NESTED : {}),
      };
      await load(messages(`u${i}`, shape.kinds, 0, 1), upsert);
      await load(messages(`u${i}`, shape.kinds, 1, 2), upsert);
      await ask('plan', messages(`u${i}`, shape.later, 1), upsert);
      await load(messages(`u${i}`, shape.later, 1, 3), upsert);
      const overwrite = { load_method: 'overwrite', allow_empty_overwrite: true };
      await load(messages(`o${i}`, shape.kinds, 0), {
        ...overwrite,
        ...(i % 2 === 0 ? NESTED : {}),
        batch_size_rows: 1,
        load_interval_seconds: 0,
      });
      await load([schema(`o${i}`, {}, []), state({ at: 1 })], overwrite);
      const raw = { denormalized: false, generate_view: true };
      await load(messages(`r${i}`, shape.kinds, 0), raw);
      await load(messages(`r${i}`, shape.later, 0), raw);
    }
    await ask('check', [], {});
    await target.commands!['state']!.run(configOf(KEPT), runOf(target), ['clear']);
    const { sent } = log;
    const verdicts = await analyze(
      sent.flatMap(({ tables }) => tables),
      sent.map(({ sql }) => sql),
      log.parameters,
    );
    expect(sent.flatMap(({ sql, tables }, i) => (verdicts[i] === 'ok' ? [] : [[verdicts[i], sql, tables]]))).toEqual([]);
    const count = (pattern: RegExp): number => sent.filter(({ sql }) => pattern.test(sql)).length;
    for (const kind of [
      /^MERGE/,
      /UNNEST\(\[1\]\)/,
      /BY SOURCE THEN DELETE/,
      /^ALTER/,
      /^UPDATE/,
      /^DELETE .*version/,
      /^DELETE .*TRUE/,
      /^SELECT .*JSON/,
    ])
      expect([kind, count(kind)]).toEqual([kind, expect.toSatisfy((n: number) => n >= 5)]);
    expect(builders.size).toBeGreaterThan(10);
    // What the runs above did not need was not analyzed: a new kind of statement needs a run here that sends it.
    expect([...builders].flatMap(([name, calls]) => (calls === 0 ? [name] : []))).toEqual([]);
  });
});

test('SQL is made in targets/bigquery/statements alone, so that none escapes the analyzer', () => {
  const made = ['targets/bigquery', 'clients/bigquery'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('statements/'))
      .filter((file) => SQL.test(readFileSync(join(root, folder, file), 'utf8'))),
  );
  expect(made).toEqual([]);
  expect(SQL.test(readFileSync(join(root, 'targets/bigquery/statements/merge.ts'), 'utf8'))).toBe(true);
});

/** A text that begins like a statement. */
const SQL = /['"`](?:SELECT|MERGE|INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|TRUNCATE|WITH|BEGIN|DECLARE|EXPORT|CALL) /;
