import { createHash } from 'node:crypto';
import process from 'node:process';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ExactNumber, type Json, type JsonObject, stringifyExact } from '../../../singer/index.ts';
import { operations } from '../../../transforms/operations/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';

const reads = vi.hoisted(() => ({ alike: 0 }));
// Code is made for records alike after two of them, so that the values of a batch go through it, too.
vi.mock(import('../../../transforms/record.ts'), async (original) => {
  const module = await original();
  class EagerView extends module.RecordView {
    constructor() {
      super(1);
    }
  }
  return { ...module, RecordView: EagerView };
});

vi.mock(import('../../../transforms/alike.ts'), async (original) => {
  const module = await original();
  class CountedRecords extends module.AlikeRecords {
    override read(bytes: Buffer, start: number): number {
      reads.alike++;
      return super.read(bytes, start);
    }
  }
  return { ...module, AlikeRecords: CountedRecords };
});

process.env['TEST_LEAKS_KEY'] = createHash('sha256').update('the key of the leak tests').digest('hex');
const keys = { k: { env: 'TEST_LEAKS_KEY' } };

/** In every text of a secret value; no token, mask or constant can hold it by chance. */
const MARK = 'Ж§ecret';
/** At the start of every secret number, for the same reason. */
const DIGITS = '918273645546372819';

/** How each operation is used here: all ways that are different code. */
const USES: Readonly<Record<string, readonly Json[]>> = {
  pseudonymize: [
    'pseudonymize',
    { pseudonymize: { encoding: 'base64url', normalize: ['nfc', 'trim', 'lower'], prefix: 'p_' } },
    { pseudonymize: { encoding: 'uuid', empty: 'null' } },
    { pseudonymize: { encoding: 'int63', empty: 'keep' } },
    { pseudonymize: { length: 7, short: 'ok' } },
    { pseudonymize: { length: 64, prefix: '"é\\' } },
  ],
  hash: [{ hash: { unkeyed: true } }, { hash: { unkeyed: true, keep_first: 2 } }],
  mask: [
    { mask: {} },
    { mask: { keep_first: 2, keep_last: 2, keep_chars: ' -' } },
    ...['email', 'phone', 'card', 'iban', 'name'].map((preset) => ({ mask: { preset } })),
  ],
  redact: ['redact'],
  nullify: ['nullify'],
  replace: [{ replace: 'x' }, { replace: { with: 5 } }, { replace: { with: true } }],
  date_shift: [{ date_shift: { subject: 'who', max_days: 30 } }],
  generalize: [
    { generalize: { bucket: { width: 1e17 } } },
    { generalize: { bucket: { width: 1e17, as: 'lower' } } },
    { generalize: { bucket: { edges: [0, 1e9] } } },
    { generalize: { round: 1e17 } },
    // Below any number that comes: what is below it stays by design.
    { generalize: { top_code: -1e6 } },
    { generalize: { date: 'month' } },
    { generalize: { date: 'year', as: 'start' } },
    { generalize: { age: { at: '2026-01-01', bands: 10 } } },
    { generalize: { postcode: { keep: 2 } } },
  ],
  ip_truncate: ['ip_truncate'],
  redact_text: ['redact_text', { redact_text: { detect: [], values_of: ['who'] } }],
};

const SCHEMAS: readonly JsonObject[] = [
  {},
  { type: ['string', 'null'], maxLength: 4 },
  { type: ['string', 'null'], format: 'date' },
  { type: ['string', 'null'], format: 'date-time' },
  { type: ['string', 'null'], enum: ['a', null] },
  { type: ['integer', 'null'], maximum: 3 },
  { type: ['number', 'null'] },
  { type: ['boolean', 'null'] },
  { type: ['object', 'null'], properties: { a: { type: 'string' } }, required: ['a'] },
  { type: ['array', 'null'], items: { type: 'string' } },
];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((some) => `${some}${MARK}${some}`),
  fc.constantFrom(
    MARK,
    `${MARK}@${MARK}.org`,
    ` ${MARK}\u0000`,
    `2020-01-01T${MARK}`,
    `2020-01-01T00:00:00Z${MARK}`,
    `10.1.1.1${MARK}`,
    `${MARK}\uD800`,
    `12${MARK}`,
  ),
);
const number = fc.oneof(
  fc.nat(999).map((some) => new ExactNumber(`${DIGITS}${some}`)),
  fc.nat(999).map((some) => new ExactNumber(`${DIGITS}${some}.50`)),
  fc.nat(999).map((some) => new ExactNumber(`-0.${DIGITS}${some}`)),
  fc.constantFrom(new ExactNumber(`${DIGITS}e400`), new ExactNumber(`${DIGITS}E-3`)),
);
/** Every JSON type, with a secret somewhere in it; null, and odd values without one. */
const valueOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Json> => {
  const leaf = fc.oneof(text, number);
  return fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 3, arbitrary: number },
    leaf.map((one): Json => [one]),
    leaf.map((one): Json => ({ a: one })),
    leaf.map((one): Json => Object.fromEntries([['__proto__', { constructor: [one] }]])),
    text.map((one): Json => Object.fromEntries([[one, 1]])),
    fc.constantFrom<Json>(null, true, false, 0, -1, '', {}, [], new ExactNumber('-0'), new ExactNumber('1e999'), '\uDC00', 'NaN'),
  );
};
/** What is found in free text is a secret there: an address, and the words of another field. */
const free = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(' ', '\n', '(', '"', '\u00A0', '—'))
  .map(([some, blank]) => `${some}${blank}${MARK}@secret.example${blank}${some}`);
const VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = { redact_text: valueOf(free) };
const value = valueOf(text);

const POLICIES = [undefined, 'redact', 'null', 'quarantine', 'drop_record'] as const;
const BATCH = 25;

/** All that leaves a run: what it writes, what it logs, and what it ends with. */
async function saidBy(
  step: Json,
  policy: (typeof POLICIES)[number],
  schema: JsonObject,
  values: readonly Json[],
): Promise<string> {
  const withPolicy =
    policy === undefined ? step : { ...(typeof step === 'string' ? { [step]: {} } : (step as JsonObject)), on_error: policy };
  const config = { keys, transforms: { s: { fields: { who: 'redact', v: withPolicy } } } };
  // A run that fails ends at its first such value, so that each value has a run of its own.
  const runs = policy === undefined ? values.map((one) => [one]) : [values];
  const said: string[] = [];
  for (const some of runs) {
    const lines = [schemaOf('s', { v: schema, who: { type: 'string' } }), ...some.map((v) => recordOf('s', { v, who: MARK }))];
    try {
      const { log, text } = await transform(config, lines);
      said.push(text.slice(text.indexOf('\n')), stringifyExact(log.lines as unknown as Json));
    } catch (error) {
      said.push(errorText(error));
    }
  }
  return said.join('\n');
}

/** An error in all its parts, its causes too. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [String(error), error.stack, JSON.stringify(error), error.cause === undefined ? '' : errorText(error.cause)].join('\n');
}

function leaksIn(said: string): boolean {
  const escaped = JSON.stringify(MARK).slice(1, -1);
  return said.includes(MARK) || said.includes(escaped) || said.includes(DIGITS);
}

const hiding = (await operations.all()).filter(({ privacy }) => privacy !== undefined);

test('every operation that hides is fuzzed', () => {
  expect(hiding.map(({ name }) => name).filter((name) => (USES[name] ?? []).length === 0)).toEqual([]);
});

/** Cases in all: a policy, a schema and a value each. */
const CASES = 100_000;
const uses = hiding.flatMap(({ name }) => USES[name]!.map((step) => ({ name, step })));
const each = Math.ceil(CASES / uses.length);

describe.each(uses)('$step', ({ name, step }) => {
  test('never lets out what came in, in records, quarantine, log or errors', { timeout: 120_000 }, async () => {
    const input = fc.record({
      policy: fc.constantFrom(...POLICIES),
      schema: fc.constantFrom(...SCHEMAS),
      values: fc.array(VALUES[name] ?? value, { minLength: BATCH, maxLength: BATCH }),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ policy, schema, values }) => {
        expect(leaksIn(await saidBy(step, policy, schema, values))).toBe(false);
      }),
      { numRuns: Math.ceil(each / BATCH) },
    );
  });
});

test('the marks are found where nothing hides them', async () => {
  for (const one of [MARK, new ExactNumber(`${DIGITS}1`)]) {
    expect(leaksIn(await saidBy('keep', undefined, {}, [one]))).toBe(true);
  }
});

test('the values of a batch are read by code made for records alike', async () => {
  const before = reads.alike;
  await saidBy('redact', 'redact', {}, Array<Json>(BATCH).fill(MARK));
  expect(reads.alike - before).toBeGreaterThan(BATCH / 2);
});

const ROUNDS = { timeout: 120_000 };
test(
  'whatever rules do before and after, the key of a record that is put aside is shown as a token or not at all',
  ROUNDS,
  async () => {
    const id = `${MARK}-id`;
    const properties = Object.fromEntries(['id', 'a', 'b', 'n'].map((name) => [name, { type: ['string', 'null'] }]));
    const record = { id, a: `${MARK}-a`, b: `${MARK}-b`, n: 'none' };
    const token = { pseudonymize: { domain: 'ids' } };
    const messages = [schemaOf('s', properties, ['id']), recordOf('s', record)];
    const fails = { n: { number: {}, on_error: 'quarantine' } };
    const rounds: readonly JsonObject[] = [
      { fields: fails },
      { fields: { id: token } },
      { fields: { id: token, ...fails } },
      { fields: { ...fails, id: token } },
      { fields: { id: [token, { coalesce: 'a' }] } },
      { fields: { a: { coalesce: 'id' } } },
      { fields: { 'a, b': { pseudonymize: { domain: 'others' } } } },
      { rename: { id: 'a', a: 'id' } },
      { rename: { a: 'b', b: 'a' } },
      { rename: { id: 'c' } },
      { rename: { c: 'id' } },
      { set: { id: 'a' } },
      { set: { id: 'id_raw' } },
      { set: { b: 'id', a: 'b' } },
      { set: { x: 'int(n)' } },
      { set: { id: 'b', x: 'int(n)' } },
      { checks: [{ regex: { field: 'n', pattern: '^\\d+$' } }] },
      { drop: 'a' },
      { keep: ['id', 'n', 'b'] },
      { concat: { fields: ['a', 'b'], into: 'id2' } },
      { split: { field: 'a', by: '-', into: ['id3', 'id4'] } },
      { unpivot: { keep: ['id', 'n'] } },
      { pack: { into: 'id5', keep: ['id', 'n'] } },
      { dedupe: { by: 'n', keep: 'last' } },
      { also_to: 't' },
      { keys: ['a'] },
      { keys: ['id'] },
    ];
    const maps: readonly JsonObject[] = [{}, { id: 'a', a: 'id' }, { id: 'id.upper()' }, { a: '__NULL__' }, { b: 'id' }];
    let shown = 0;
    let hidden = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...rounds), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...rounds.slice(1, 4)),
        fc.nat(5),
        fc.option(fc.constantFrom(...maps), { nil: undefined, freq: 4 }),
        async (others, hiding, at, map) => {
          const all = [...others.slice(0, at), hiding, ...others.slice(at), { fields: fails }];
          const nested = all.reduceRight<JsonObject>((then, round) => ({ ...round, then }), {});
          const config = { keys, transforms: { s: nested }, ...(map === undefined ? {} : { stream_maps: { s: map } }) };
          let records: readonly Json[];
          try {
            ({ records } = { records: (await transform(config, messages)).records('s__quarantine') });
          } catch (error) {
            if ((error as Error).name === 'ConfigError' || (error as Error).name === 'RecordError') return;
            throw error;
          }
          for (const row of records) {
            const key = JSON.parse((row as JsonObject)['_q_key'] as string) as JsonObject;
            // A record that was held back under another name for its key has no member of this name.
            const shownAs = key['id'] ?? 'REDACTED';
            expect(shownAs, JSON.stringify(config)).toMatch(/^(?:REDACTED|[\da-f]{32})$/);
            if (shownAs !== 'REDACTED') shown++;
            else hidden++;
          }
        },
      ),
      { numRuns: 1500 },
    );
    // Both ways were taken.
    expect(Math.min(shown, hidden)).toBeGreaterThan(20);
  },
);
