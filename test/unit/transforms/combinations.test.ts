import { createHash } from 'node:crypto';
import process from 'node:process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError, isJsonObject, type Json, type JsonObject, RecordError } from '../../../singer/index.ts';
import { operations } from '../../../transforms/operations/index.ts';
import { recordOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

process.env['TEST_COMBINATIONS_KEY'] = createHash('sha256').update('the key of the tests of combinations').digest('hex');

/** A field's schema, and valid values of it. `mark` stands in its texts, so that they are found wherever they come out. */
interface Kind {
  readonly schema: JsonObject;
  readonly values: (mark: string) => fc.Arbitrary<Json>;
}

/** Undefined in most cases. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const some = (...values: readonly Json[]) => fc.constantFrom<Json>(...values);
const text = (mark: string): fc.Arbitrary<Json> =>
  some(mark, `${mark}@x.org`, ` ${mark} `, `1${mark}`, '', '12', '1.50', 'GLD', 'true', mark.repeat(9));

const KINDS: readonly Kind[] = [
  { schema: { type: 'string' }, values: text },
  { schema: { type: ['string', 'null'] }, values: (mark) => fc.oneof(text(mark), some(null)) },
  { schema: { type: 'string', maxLength: 6, minLength: 2, pattern: '^.*$' }, values: (mark) => some(mark, 'ab', '2020') },
  { schema: { enum: ['GLD', 'open', '1', null] }, values: () => some('GLD', 'open', '1', null) },
  { schema: { type: 'string', const: 'GLD', default: 'GLD', examples: ['GLD'] }, values: () => some('GLD') },
  {
    schema: { type: ['null', 'string'], format: 'date-time' },
    values: () => some('2020-01-02T03:04:05Z', '2020-02-29T23:59:59.123456+02:00', null),
  },
  { schema: { type: 'string', format: 'date' }, values: () => some('2020-01-02', '1999-12-31') },
  { schema: { type: 'string', format: 'uuid' }, values: () => some('4a0d9b3c-3a3c-4c66-8a0e-3f0b3d6f1a11') },
  { schema: { type: 'string', format: 'email', maxLength: 30 }, values: () => some('ada@example.org', 'Bob+x@Example.com') },
  { schema: { type: 'string', format: 'ipv4' }, values: () => some('10.1.2.3', '192.168.0.1') },
  { schema: { type: 'string', format: 'singer.decimal' }, values: () => some('1.50', '-3', '12345678901234567890.5') },
  { schema: { type: 'integer', minimum: 2, maximum: 9 }, values: () => some(2, 3, 9) },
  { schema: { type: ['integer', 'null'], enum: [1, 2, null] }, values: () => some(1, 2, null) },
  { schema: { type: ['number', 'null'], exclusiveMinimum: -5, multipleOf: 0.5 }, values: () => some(0.5, 2, -1.5, null) },
  { schema: { type: 'number' }, values: () => some(1.25, -0.5, 1e21, 7) },
  { schema: { type: ['boolean', 'null'] }, values: () => some(true, false, null) },
  { schema: {}, values: (mark) => fc.oneof(text(mark), some(null, 1, 0.5, true, ['x'], { a: 1 })) },
  { schema: { type: ['string', 'integer', 'null'] }, values: (mark) => fc.oneof(text(mark), some(1, null)) },
  {
    schema: { anyOf: [{ type: 'string', maxLength: 80 }, { type: 'integer' }, { type: 'null' }] },
    values: (mark) => fc.oneof(text(mark), some(1, null)),
  },
  { schema: { type: 'object' }, values: (mark) => some({}, { a: mark }, { b: [1] }) },
  { schema: { type: ['array', 'null'] }, values: (mark) => some([], [mark, 1], null) },
];

const OBJECTS: readonly Kind[] = [
  {
    schema: {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: ['integer', 'null'], maximum: 5 } },
      required: ['a'],
      additionalProperties: false,
      minProperties: 1,
    },
    values: (mark) => some({ a: mark }, { a: 'x', b: 1 }, { a: 'GLD', b: null }),
  },
  {
    schema: {
      type: ['object', 'null'],
      properties: { a: { type: ['string', 'null'], maxLength: 9 }, b: { type: 'number' } },
      default: { a: 'GLD' },
      dependencies: { b: ['a'] },
    },
    values: (mark) => some(null, {}, { a: mark }, { a: null, b: 1.5 }, { a: 'x', b: 2, c: 'not named' }),
  },
];
const LISTS: readonly Kind[] = [
  {
    schema: {
      type: 'array',
      items: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'integer' } }, required: ['x', 'y'] },
      minItems: 1,
      uniqueItems: true,
    },
    values: (mark) =>
      some(
        [{ x: mark, y: 1 }],
        [
          { x: 'a', y: 1 },
          { x: 'b', y: 1 },
        ],
      ),
  },
  {
    schema: {
      type: ['array', 'null'],
      items: { type: ['object', 'null'], properties: { x: { type: ['string', 'null'] }, y: {} } },
      maxItems: 3,
    },
    values: (mark) => some(null, [], [null, { x: mark }], [{}, { x: null, y: [1] }]),
  },
];
const FREE = ['f0', 'f1', 'f2', 'f3'];
const NAMES = [...FREE, 'o', 'l'];
const FIXED: JsonObject = { id: { type: 'integer' }, at: { type: 'string', format: 'date-time' } };
const mark = (name: string): string => `Ж${name}Ж`;

interface Stream {
  readonly schema: JsonObject;
  readonly records: readonly JsonObject[];
}

const kinds = fc.tuple(...FREE.map(() => fc.constantFrom(...KINDS)), fc.constantFrom(...OBJECTS), fc.constantFrom(...LISTS));

const stream: fc.Arbitrary<Stream> = fc.tuple(kinds, fc.subarray(NAMES), fc.boolean()).chain(([chosen, required, isClosed]) => {
  const properties = { ...FIXED, ...Object.fromEntries(chosen.map(({ schema }, i) => [NAMES[i]!, schema])) };
  const values = Object.fromEntries(chosen.map(({ values }, i) => [NAMES[i]!, values(mark(NAMES[i]!))]));
  const schema: JsonObject = {
    type: 'object',
    properties,
    required: ['id', 'at', ...required],
    ...(isClosed ? { additionalProperties: false, minProperties: 2 + required.length } : { default: { f0: 'GLD' } }),
  };
  const members: Readonly<Record<string, fc.Arbitrary<Json>>> = {
    id: some(1, 2, 3),
    at: some('2020-01-01T00:01:00Z', '2020-01-01T00:02:00Z', '2020-01-01T00:30:00Z', '2020-01-02T00:00:00.5Z'),
    ...values,
    ...(isClosed ? {} : { more: fc.constant<Json>('not named') }),
  };
  const record = fc.record(members, { requiredKeys: ['id', 'at', ...required] });
  return fc.record({
    schema: fc.constant(schema),
    records: fc.array(record as fc.Arbitrary<JsonObject>, { minLength: 1, maxLength: 6 }),
  });
});

/** Steps as the docs have them, for whatever field. */
const STEPS: readonly Json[] = (await operations.all()).flatMap((operation) => operation.examples.map(({ step }) => step));
/** Steps of which no value of the field comes out. */
const HIDES: readonly Json[] = ['redact', 'nullify', 'pseudonymize', { mask: {} }, { replace: 'x' }, { hash: { unkeyed: true } }];
const POLICIES = ['quarantine', 'null', 'redact', 'drop_record'];

const name = fc.constantFrom(...FREE);
const place = fc.constantFrom(...NAMES, 'o.a', 'o.b', 'l[]', 'l[].x', 'l[].y', 'o.*', 'f*');
const condition = fc.constantFrom<Json>('id > 1', "f0 == 'GLD'", { field: 'f1', is_null: true }, 'int(f0) > 1', [
  { field: 'id', in: [1, 3] },
]);
const step = fc
  .tuple(fc.oneof(fc.constantFrom(...STEPS), fc.constantFrom(...HIDES)), fc.constantFrom(...POLICIES), rarely(condition))
  .map(([given, on_error, when]): Json => {
    const own =
      given === 'date_shift'
        ? { date_shift: { subject: 'id', max_days: 3 } }
        : typeof given === 'string'
          ? { [given]: {} }
          : given;
    return { ...retargeted(own as JsonObject), on_error, ...(when === undefined ? {} : { when }) };
  });

/** Examples name a field that is not in these streams. */
function retargeted(given: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(given)
      .replaceAll('"subject":"value"', '"subject":"id"')
      .replace('{"coalesce":["value"]}', '{"coalesce":["f1"]}'),
  ) as JsonObject;
}

const EXPRESSIONS: readonly Json[] = [
  'f0',
  'str(f0)',
  'len(str(f1))',
  'id + 1',
  'id / 2',
  'round(id / 3, 1)',
  'f0 if id > 2 else None',
  'f0 or f1',
  '[f0, f2]',
  "{'a': f0}",
  'f0 == f1',
  'f1 is None',
  'try(int(f0), 0)',
  'coalesce(f0, f1)',
  'o',
  'l',
  "o['a']",
  'json.dumps(o)',
  'at[:10]',
  'str(f0).lower().split()',
  { row_hash: {} },
  { key_hash: { of: ['f0', 'id'], occurrence: true } },
  { sequence: {} },
];

const rules = fc.record(
  {
    on_error: fc.constantFrom(...POLICIES),
    parse_json: fc.constantFrom<Json>({ f1: {} }, { f1: { type: 'object', properties: { a: { type: 'integer' } } } }),
    where: condition,
    sample: fc.constant(0.5),
    limit: fc.constant(2),
    fields: fc.dictionary(place, fc.array(step, { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 3 }),
    split: name.map((field) => ({ field, by: 'x', into: ['p', 'q'] })),
    concat: fc.subarray(NAMES, { minLength: 1 }).map((fields) => ({ fields, into: 'joined' })),
    set: fc.dictionary(fc.constantFrom('f0', 'f3', 'm', 'n'), fc.constantFrom(...EXPRESSIONS), { minKeys: 1, maxKeys: 3 }),
    rename: fc.constantFrom<Json>({ f0: 'f1', f1: 'f0' }, { f2: 'F2', 'o.a': 'A' }, { style: 'upper' }, { 'l[].x': 'z' }),
    move: fc.constantFrom<Json>({ 'o.a': 'oa' }, { 'o.b': 'ob' }),
    drop: fc.subarray(['f0', 'f1', 'o.a', 'l[].y', 'f*'], { minLength: 1 }),
    keep: fc.subarray(['f0', 'o.a', 'l[].x', 'l'], { minLength: 1 }).map((names) => ['id', 'at', ...names]),
    unlisted: fc.constantFrom<Json>('drop', 'redact', 'pass', 'pseudonymize'),
    explode: fc.constantFrom<Json>({ path: 'l[]', into: 'child' }, { path: 'o', into: 'child', keep: true }),
    pack: fc.constantFrom<Json>({ into: 'data' }, { into: 'data', keep: ['id'] }),
    unpivot: fc.constant<Json>({ keep: ['id', 'at'] }),
    dedupe: fc.constantFrom<Json>(
      { by: ['id'] },
      { by: ['id'], keep: 'last' },
      { by: ['id'], keep: 'max(at)' },
      { by: ['f0'], scope: 'consecutive' },
    ),
    aggregate: fc.constantFrom<Json>(
      { time: 'at', every: '10m', functions: { id: ['mean', 'max', 'std', 'median'], f0: ['count', 'first', 'last'] } },
      { time: 'at', every: '1h', by: ['f1'], functions: { id: ['sum', 'min', 'var'], f0: ['min', 'max'] } },
    ),
    keys: fc.constantFrom<Json>(['id'], ['id', 'f0'], ['at']),
    flatten: fc.constantFrom<Json>(true, { paths: ['o'] }),
    to_json: fc.subarray(['o', 'l', 'f0'], { minLength: 1 }),
    also_to: fc.constant('copy'),
    alias: fc.constant('renamed'),
  },
  { requiredKeys: [] },
);

/** Few rules of all at once: most would refuse each other. */
const fewRules = fc.tuple(rules, fc.infiniteStream(fc.nat(99))).map(([all, dice]): JsonObject => {
  const chosen = Object.entries(all).filter(() => (dice.next().value ?? 0) < 15);
  return Object.fromEntries(chosen) as JsonObject;
});

const config = fc
  .record({
    own: fewRules,
    then: rarely(fewRules.map((rules) => without(rules, 'on_error'))),
    child: rarely(fewRules),
    maps: rarely(
      fc.constantFrom<JsonObject>(
        { f0: 'f1', f2: null },
        { f0: 'f1', f1: 'f0' },
        { m: 'str(f0)', __else__: null },
        { f3: 'json.dumps(o)' },
      ),
    ),
    flattens: rarely(fc.nat(2)),
    masks: rarely(fc.constantFrom('HASH', 'SET-NULL', 'MASK-HIDDEN', 'MASK-NUMBER', 'MASK-DATE', 'HASH-SKIP-FIRST-2')),
  })
  .map(({ child, flattens, maps, masks, own, then }): JsonObject => ({
    keys: { example: { env: 'TEST_COMBINATIONS_KEY' } },
    ...(masks === undefined ? {} : { transformations: [{ tap_stream_name: 's', field_id: 'f2', type: masks }] }),
    ...(maps === undefined ? {} : { stream_maps: { s: maps } }),
    ...(flattens === undefined ? {} : { flattening_enabled: true, flattening_max_depth: flattens }),
    transforms: {
      s: { ...own, ...(then === undefined ? {} : { then }) },
      'child, copy': { optional: true, ...child },
    },
  }));

function without(rules: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(rules).filter(([one]) => one !== name));
}

const STATES = [0, 1, 2, 3, 4, 5, 6, 7];

/** The streams' messages with a STATE after each record; what comes out of them, or undefined if the config or a record is refused. */
async function outOf(config: JsonObject, { records, schema }: Stream): Promise<Transformed | undefined> {
  const announced = { type: 'SCHEMA', stream: 's', schema, key_properties: ['id'], bookmark_properties: ['at'] };
  const lines = records.flatMap((record, i) => [recordOf('s', record), { type: 'STATE', value: STATES[i]! }]);
  try {
    return await transform(config, [announced, ...lines]);
  } catch (error) {
    // Whatever else is thrown is a fault of ours.
    if (error instanceof ConfigError || error instanceof RecordError) return undefined;
    throw error;
  }
}

const RUNS = 1500;

test(
  'whatever rules meet whatever stream, each record is valid by the SCHEMA before it, and STATEs keep their order',
  { timeout: 300_000 },
  async () => {
    let through = 0;
    await fc.assert(
      fc.asyncProperty(config, stream, async (config, stream) => {
        const out = await outOf(config, stream);
        if (out === undefined) return;
        through++;
        expectValid(out);
        for (const { key_properties, schema, type } of out.messages) {
          if (type !== 'SCHEMA') continue;
          const properties = (schema as JsonObject)['properties'];
          const names = isJsonObject(properties) ? Object.keys(properties) : [];
          expect((key_properties as readonly string[]).filter((key) => !names.includes(key))).toEqual([]);
        }
        const states = out.messages.flatMap(({ type, value }) => (type === 'STATE' ? [value as number] : []));
        expect(states).toEqual(STATES.slice(0, states.length));
        if (!JSON.stringify(config).includes('"aggregate"')) expect(states).toHaveLength(stream.records.length);
      }),
      { numRuns: RUNS },
    );
    // Most such rules do not fit most such streams; enough do for this to say something.
    expect(through).toBeGreaterThan(RUNS / 20);
  },
);

test('each record leaves once, or is put aside, where no rule takes records away', { timeout: 300_000 }, async () => {
  const taking = ['where', 'sample', 'limit', 'unpivot', 'dedupe', 'aggregate'];
  let through = 0;
  await fc.assert(
    fc.asyncProperty(fewRules, stream, async (rules, stream) => {
      const left = Object.entries(rules).filter(([name]) => !taking.includes(name));
      const text = JSON.stringify(Object.fromEntries(left)).replaceAll('drop_record', 'quarantine');
      const own = JSON.parse(text) as JsonObject;
      const config = { keys: { example: { env: 'TEST_COMBINATIONS_KEY' } }, transforms: { s: own } };
      const out = await outOf(config, stream);
      if (out === undefined) return;
      through++;
      const mains = ['s', 'renamed', 's__quarantine', 'renamed__quarantine'];
      expect(mains.flatMap((name) => out.records(name))).toHaveLength(stream.records.length);
    }),
    { numRuns: RUNS / 2 },
  );
  expect(through).toBeGreaterThan(RUNS / 40);
});

test(
  'a hidden field comes out in no record, no message and no log line, whatever other rules do with it',
  { timeout: 300_000 },
  async () => {
    let through = 0;
    await fc.assert(
      fc.asyncProperty(
        fewRules,
        name,
        fc.constantFrom(...HIDES),
        fc.constantFrom(...POLICIES),
        stream,
        async (rules, hidden, hide, on_error, stream) => {
          const { fields, ...others } = rules;
          const step = typeof hide === 'string' ? { [hide]: {}, on_error } : { ...(hide as JsonObject), on_error };
          const config = {
            keys: { example: { env: 'TEST_COMBINATIONS_KEY' } },
            transforms: {
              s: { ...others, fields: { ...(fields as JsonObject | undefined), [hidden]: step } },
              'child, copy': { optional: true },
            },
          };
          const out = await outOf(config, stream);
          if (out === undefined) return;
          through++;
          expect(`${out.text}${JSON.stringify(out.log)}`).not.toContain(mark(hidden));
        },
      ),
      { numRuns: RUNS / 2 },
    );
    expect(through).toBeGreaterThan(RUNS / 40);
  },
);

test('what redact_text looks for comes out nowhere, whatever other rules do with the text', { timeout: 300_000 }, async () => {
  const TEXT = { type: ['string', 'null'] };
  const policy = fc.constantFrom(...POLICIES);
  let through = 0;
  await fc.assert(
    fc.asyncProperty(fewRules, policy, stream, fc.boolean(), async (rules, on_error, { records, schema }, isWord) => {
      const { fields, ...others } = rules;
      const find = isWord ? { detect: [], values_of: ['f1'] } : { detect: ['email'] };
      const own = { ...(fields as JsonObject | undefined), f0: { redact_text: find, on_error }, f1: { redact: {}, on_error } };
      const named = (record: JsonObject): JsonObject => ({
        ...record,
        f0: isWord ? `(${mark('f1')})met ${mark('f1')}, she said` : `write to ${mark('f1')}@x.org.`,
        f1: mark('f1'),
      });
      const properties = { ...(schema['properties'] as JsonObject), f0: TEXT, f1: TEXT };
      const config = {
        keys: { example: { env: 'TEST_COMBINATIONS_KEY' } },
        transforms: { s: { ...others, fields: own }, 'child, copy': { optional: true } },
      };
      const out = await outOf(config, { schema: { ...schema, properties }, records: records.map(named) });
      if (out === undefined) return;
      through++;
      expect(`${out.text}${JSON.stringify(out.log)}`).not.toContain(mark('f1'));
    }),
    { numRuns: RUNS / 4 },
  );
  expect(through).toBeGreaterThan(RUNS / 80);
});
