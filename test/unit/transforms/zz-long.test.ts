import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { isJsonObject, type Json, type JsonObject, parseExact, stringifyExact } from '../../../singer/index.ts';
import type { ByteStep } from '../../../transforms/operation.ts';
import { RecordView } from '../../../transforms/record.ts';
import { schemaOf, transform } from './run.ts';

/** Values as lines may spell them. */
const SPELLED = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1.10',
  '1e400',
  '-1E-400',
  '123456789012345678901234567890',
  '""',
  '"a"',
  '"a,\\"b\\":"',
  '"}"',
  '"\\\\"',
  '"\\ud800"',
  '"\\u0000\\/"',
  '"é𝄞"',
  '{}',
  '[]',
  '{"a":1,"a":2}',
  '{"__proto__":{"b":[1e400]}}',
  '[ "]" , {"x" : "}"}\t]',
  `"${'x'.repeat(5000)}"`,
  `"${'é'.repeat(70)}"`,
  `${'['.repeat(30)}${']'.repeat(30)}`,
  `${'{"d":'.repeat(40)}1${'}'.repeat(40)}`,
];
/** What is no value. */
const BROKEN = [
  '01',
  '+1',
  '.5',
  '1.',
  'tru',
  'nul',
  'NaN',
  "'a'",
  '"\\x"',
  '"\\u12"',
  '"a',
  '[1,]',
  '{"a"}',
  '',
  '1 2',
  '"\t"',
  '{"a":1',
];
const NAMES = ['id', 'a', 'b', 'é', '__proto__', 'a long name of a column', ''];
const ODD_NAMES = ['\\u0061', 'b\\u0020', '\\u00e9', 'new', 'i', 'idd', '\\u005f_proto__', 'b\\q'];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SPELLED) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.jsonValue().map((some) => JSON.stringify(some)) },
);
const space = fc.constantFrom('', '', '', ' ', '\t', ' \r ');

/** How the record differs from the others of its stretch. */
type Twist = (members: readonly (readonly [name: string, value: string])[]) => readonly (readonly [string, string])[];
const at = (length: number, place: number): number => (length === 0 ? 0 : place % length);
const twist: fc.Arbitrary<Twist> = fc
  .tuple(fc.nat(9), fc.nat(9), fc.constantFrom(...BROKEN), fc.constantFrom(...ODD_NAMES), value)
  .chain(([i, j, broken, odd, other]) =>
    fc.constantFrom<Twist>(
      (members) => members.toReversed(),
      (members) => members.toSpliced(at(members.length, i), 1),
      (members) => members.toSpliced(at(members.length, i), 0, [odd, other]),
      (members) => [...members, ...members.slice(at(members.length, i)).slice(0, 1)],
      (members) => members.with(at(members.length, i), [members[at(members.length, i)]![0], broken]),
      (members) => members.with(at(members.length, i), [odd, other]),
      (members) => members.with(at(members.length, i), members[at(members.length, j)]!),
      () => [],
    ),
  )
  .map(
    (change): Twist =>
      (members) =>
        members.length === 0 ? members : change(members),
  );

/** One byte of the line is another, missing or too much. */
const slip = fc.record({
  place: fc.integer({ min: 1, max: 200 }),
  byte: fc.constantFrom(...'",:{}[]\\ 0-e.ut'.split('')),
  how: fc.constantFrom(-1, 0, 1),
});

const stretch = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 }),
    spaces: fc.array(space, { minLength: 4, maxLength: 4 }),
    rows: fc.array(fc.array(value, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
    twist: fc.option(twist),
    slip: fc.option(slip, { freq: 3 }),
  })
  .map(({ names, rows, slip, spaces: [a, b, c, d], twist }) => {
    const spell: (members: readonly (readonly [string, string])[]) => string = (members) =>
      `{${a}${members.map(([name, value]) => `"${name}"${b}:${c}${value}`).join(`${d},${a}`)}${d}}`;
    const all = rows.map((row) => names.map((name, i) => [name, row[i]!] as const));
    const last = all.at(-1)!;
    const texts = [...all.map(spell), ...(twist === null ? [] : [spell(twist(last))])];
    if (slip !== null) {
      const [text, place] = [texts.at(-1)!, Math.min(texts.at(-1)!.length, slip.place)];
      texts.push(text.slice(0, place) + (slip.how < 0 ? '' : slip.byte) + text.slice(slip.how > 0 ? place : place + 1));
    }
    return texts;
  });

const RUNS = 12000;

const BRACKETS: ByteStep = {
  most: (length) => length + 4,
  write(bytes, start, end, out, place) {
    const text = Buffer.concat([Buffer.from('"<'), bytes.subarray(start, end), Buffer.from('>"')]);
    out.set(text, place);
    return place + text.length;
  },
};

/** All that can be asked of a view, and what it writes after some changes. */
function told(view: RecordView, end: number): string {
  if (end < 0) return 'left to a parser';
  const before = [String(end), view.toLine().toString(), stringifyExact(view.names())];
  const rewritten = ['a', 'é'].map((name) => String(view.rewrite(view.slot(name), BRACKETS)));
  const values = NAMES.map((name) => (view.has(name) ? stringifyExact(view.get(name)!) : 'absent'));
  view.set('b', ['set']);
  view.rename([
    [view.slot('id'), view.slot('a')],
    [view.slot('a'), view.slot('id')],
  ]);
  view.delete('é');
  view.set('made', null);
  return [...before, ...rewritten, ...values, view.toLine().toString(), stringifyExact(view.toObject())].join('\n');
}

describe('records in a row', () => {
  test('are the same to code made for them, to the reader of any record, and to a parser', () => {
    let [read, left] = [0, 0];
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 4 }), (stretches) => {
        const [fast, plain] = [new RecordView(1), new RecordView(Infinity)];
        for (const text of stretches.flat()) {
          const bytes = Buffer.from(`head${text}, "tail":1}\n`);
          const [end, plainEnd] = [fast.read(bytes, 4), plain.read(bytes, 4)];
          if (end < 0) left++;
          else {
            read++;
            const own = bytes.toString('utf8', 4, end);
            JSON.parse(own);
            if (stringifyExact(fast.toObject()) !== stringifyExact(parseExact(own))) throw new Error(`read as another: ${own}`);
          }
          expect(told(fast, end)).toBe(told(plain, plainEnd));
        }
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(read, left)).toBeGreaterThan(RUNS);
  });

  test('that are left to a parser are no records, or of a kind in doubt', () => {
    const view = new RecordView(1);
    fc.assert(
      fc.property(stretch, (texts) => {
        for (const text of texts) {
          if (view.read(Buffer.from(`${text}\n`), 0) >= 0) continue;
          const inDoubt = text.includes('\\') || text.includes('{"d":') || hasTwice(text);
          expect(inDoubt || parsed(text) === undefined, text).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

function parsed(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Roughly: more names are spelled than the object has. */
function hasTwice(text: string): boolean {
  const names = text.match(/"[^"\\]*"\s*:/g) ?? [];
  return new Set(names.map((name) => name.replaceAll(/\s/g, ''))).size < names.length;
}

const KEY = createHash('sha256').update('the key of the tests of records alike').digest('hex');
/** More than code is waited for. */
const MANY = 33_000;

describe('a stream of many records alike', () => {
  const ODD = [
    '{"id":1,"a":"x","b":2}',
    '{"b":2,"a":"x","id":1}',
    '{"id":1,"b":2}',
    '{"id":1,"a":"x","b":2,"more":[1.0]}',
    '{"id":1,"a":"x","b":2,"a":"y"}',
    String.raw`{"id":1,"\u0061":"x","b":2}`,
    String.raw`{"id":1,"a":"\u0061\"\\","b":2}`,
    String.raw`{"id":1,"a":"\ud800","b":2}`,
    '{"id":123456789012345678901234567890,"a":"x","b":1e400}',
    '{"id":1,"a":null,"b":2}',
    '{"id":1,"a":12.50,"b":2}',
    '{"id":1,"a":{"x":[1.0]},"b":2}',
    '{"id":1,"a":"","b":-0}',
    '{"__proto__":{"a":1},"id":1,"a":"x","b":2}',
    '{ "id" : 1 ,\t"a" : "x" , "b" : 2 }',
    `{"id":1,"a":"${'é'.repeat(3000)}","b":${'['.repeat(200)}${']'.repeat(200)}}`,
    `{"id":1,"a":"x","b":${'{"d":'.repeat(32)}1${'}'.repeat(32)}}`,
    '{"id":1,"a":"x","b":2}',
  ];

  test('may end at any record: what is hidden is hidden in each that comes after it, and all else is as it was', async () => {
    vi.stubEnv('ALIKE_KEY', KEY);
    const config = {
      keys: { k: { env: 'ALIKE_KEY' } },
      transforms: { s: { fields: { a: { pseudonymize: { domain: 'd' } } } } },
    };
    const properties = { id: { type: 'integer' }, a: {}, b: {} };
    const line = (record: string, i: number): string => `{"type":"RECORD","stream":"s","record":${record},"n":${i}.0}`;
    const alike = (i: number): string => `{"id":${i},"a":"name ${i}","b":${i}.50}`;
    const records = [...Array.from({ length: MANY }, (_, i) => alike(i)), ...ODD, ...ODD.toReversed()];
    const { messages, text } = await transform(config, [schemaOf('s', properties), ...records.map(line)]);
    const lines = text.split('\n').slice(1);
    const token = (value: string): string =>
      createHmac('sha256', Buffer.from(KEY, 'hex')).update('1:d').update(value).digest('hex').slice(0, 32);
    const wrong = records.filter((record, i) => {
      const { a, ...others } = parseExact(record) as JsonObject;
      const made = parseExact(lines[i]!) as { readonly record: JsonObject; readonly n: Json };
      const { a: hidden, ...left } = made.record;
      const isHidden =
        typeof a === 'string' && Buffer.from(a).toString() === a
          ? hidden === token(a)
          : a === undefined || a === null
            ? hidden === a
            : /^[\da-f]{32}$/.test(hidden as string);
      return !isHidden || stringifyExact(made.n) !== `${i}.0` || stringifyExact(left) !== stringifyExact(others);
    });
    expect(messages).toHaveLength(records.length + 1);
    expect(wrong).toEqual([]);
    vi.unstubAllEnvs();
  });
});
