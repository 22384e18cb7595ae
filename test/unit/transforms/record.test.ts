import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import type { ByteStep } from '../../../transforms/operation.ts';
import { RecordView } from '../../../transforms/record.ts';
import { recordOf, schemaOf, transform } from './run.ts';

process.env['TEST_RECORD_KEY'] = createHash('sha256').update('the key of the tests of records').digest('hex');

const NAMES = ['id', 'name', 'a long name', 'é', '__proto__', 'constructor', 'x'];
const name = fc.constantFrom(...NAMES);
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('a"b', 'a\\b', 'two\nlines', ''),
  fc.integer(),
  fc.constantFrom(null, true, [1, { a: '}' }], { b: [',"x":'] }),
) as fc.Arbitrary<Json>;

/** What a rule may do to a record. */
type Change =
  | { readonly do: 'set'; readonly name: string; readonly value: Json }
  | { readonly do: 'get' | 'delete' | 'filter' | 'rewrite'; readonly name: string }
  | { readonly do: 'rename'; readonly moves: readonly (readonly [from: string, to: string])[] };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), name, value }),
  fc.record({ do: fc.constantFrom('get' as const, 'delete' as const, 'filter' as const, 'rewrite' as const), name }),
  fc.record({
    do: fc.constant('rename' as const),
    moves: fc
      .uniqueArray(fc.tuple(name, name), { maxLength: 3, selector: ([from]) => from })
      .map((moves) => moves.filter(([from, to], i) => from !== to && moves.findIndex((other) => other[1] === to) === i)),
  }),
);

/** A member: its name, its value, and how its line spells that; no spelling once it was set. */
type Member = { name: string; value: Json; spelled: string | undefined };

/** Some records in a row with the same members, so that code is made for them; each is changed in the same way, as by a rule. */
const stretch = fc.record({
  names: fc.uniqueArray(name, { maxLength: 5 }),
  values: fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
  space: fc.constantFrom('', '', ' '),
  escaped: fc.boolean(),
  changes: fc.array(change, { maxLength: 4 }),
});

const BRACKETS: ByteStep = {
  most: (length) => length + 4,
  write(bytes, start, end, out, at) {
    const text = Buffer.from(`"<${Buffer.from(bytes.subarray(start, end)).toString()}>"`);
    out.set(text, at);
    return at + (end === start ? 0 : text.length);
  },
};

function spell(given: Json, escaped: boolean): string {
  const text = JSON.stringify(given);
  return escaped && typeof given === 'string' && /^[a-z]/.test(given)
    ? `"\\u00${given.charCodeAt(0).toString(16)}${text.slice(2)}`
    : text;
}

function changeModel(members: Member[], one: Change): Member[] {
  switch (one.do) {
    case 'set': {
      const known = members.find((member) => member.name === one.name);
      if (known === undefined) return [...members, { name: one.name, value: one.value, spelled: undefined }];
      Object.assign(known, { value: one.value, spelled: undefined });
      return members;
    }
    case 'rewrite': {
      const known = members.find((member) => member.name === one.name);
      if (known === undefined || !isRewritten(known) || known.value === '') return members;
      Object.assign(known, { value: `<${known.value as string}>`, spelled: undefined });
      return members;
    }
    case 'delete':
    case 'filter':
      return members.filter((member) => member.name !== one.name);
    case 'rename': {
      const moves = one.moves.filter(([from]) => members.some((member) => member.name === from));
      const to = new Map(moves);
      const taken = new Set(to.values());
      return members
        .filter((member) => to.has(member.name) || !taken.has(member.name))
        .map((member) => ({ ...member, name: to.get(member.name) ?? member.name }));
    }
    default:
      return members;
  }
}

function isRewritten({ spelled, value }: Member): boolean {
  return typeof value === 'string' && spelled !== undefined && !spelled.includes('\\');
}

function changeView(view: RecordView, members: readonly Member[], one: Change): void {
  const known = 'name' in one ? members.find((member) => member.name === one.name) : undefined;
  switch (one.do) {
    case 'set':
      return view.set(one.name, one.value);
    case 'get':
      return expect(view.get(one.name)).toEqual(known?.value);
    case 'delete':
      return view.delete(one.name);
    case 'filter':
      return view.filter((name) => name !== one.name);
    case 'rewrite':
      return expect(view.rewrite(view.slot(one.name), BRACKETS)).toBe(known !== undefined && isRewritten(known));
    case 'rename':
      return view.rename(one.moves.map(([from, to]) => [view.slot(from), view.slot(to)] as const));
  }
}

describe('a view of records in turn', () => {
  test('has the members of each record, whatever came before and was done to it', () => {
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 5 }), (stretches) => {
        const view = new RecordView(1);
        for (const { changes, escaped, names, space, values } of stretches) {
          for (const row of values) {
            let members: Member[] = names.map((name, i) => ({ name, value: row[i]!, spelled: spell(row[i]!, escaped) }));
            const text = `{${members.map((one) => `${space}${JSON.stringify(one.name)}:${space}${one.spelled!}`).join(`${space},`)}${space}}`;
            const bytes = Buffer.from(`head ${text}, tail\n`);
            expect(view.read(bytes, 5)).toBe(5 + Buffer.byteLength(text));
            expect(view.toLine().toString()).toBe(`${text}\n`);
            for (const one of changes) {
              changeView(view, members, one);
              members = changeModel(members, one);
            }
            expect(view.names()).toEqual(members.map(({ name }) => name));
            const entries = members.map(({ name, value }) => [name, value] as const);
            expect(Object.entries(JSON.parse(view.toLine().toString()) as JsonObject)).toEqual(entries);
            expect(Object.entries(view.toObject())).toEqual(entries);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"b":tru}',
    '{"a":1,"b":2',
    '{"a":1 "b":2}',
    '["a",1]',
    String.raw`{"a":1,"\u0062":2}`,
  ])('%s is left to a parser, also after records for which code was made', (text) => {
    for (const before of [0, 1, 5]) {
      const view = new RecordView(1);
      for (let i = 0; i < before; i++) view.read(Buffer.from('{"a":1,"b":2}\n'), 0);
      expect(view.read(Buffer.from(`${text}\n`), 0)).toBe(-1);
      expect(view.read(Buffer.from('{"a":1,"b":2}\n'), 0)).toBe(13);
      expect(view.toObject()).toEqual({ a: 1, b: 2 });
    }
  });

  test('more members than usual, in some records only', () => {
    const view = new RecordView(1);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i]));
    for (const record of [{ m0: 'x' }, { m0: 'y' }, { m0: 'z' }, many, many, many, { m0: 'x' }, many]) {
      view.read(Buffer.from(`${JSON.stringify(record)}\n`), 0);
      view.set('m0', 'new');
      expect(view.toObject()).toEqual({ ...record, m0: 'new' });
      expect(JSON.parse(view.toLine().toString())).toEqual({ ...record, m0: 'new' });
    }
  });
});

describe('a step on bytes does what it does on values', () => {
  const suffix = fc.constantFrom('', '…', '"', '\\n', '\uD800', '...');
  const step: fc.Arbitrary<JsonObject> = fc.oneof(
    fc.record({ length: fc.nat(12), suffix }).map((truncate) => ({ truncate })),
    fc
      .record({
        length: fc.integer({ min: 4, max: 64 }),
        prefix: fc.constantFrom('', 'cus_', '"é\\'),
        domain: fc.constantFrom('d', 'x'.repeat(90)),
      })
      .map((parameters) => ({ pseudonymize: { ...parameters, short: 'ok' } })),
    fc.constantFrom<JsonObject>(
      { pseudonymize: { empty: 'keep' } },
      { pseudonymize: { empty: 'null' } },
      { pseudonymize: { encoding: 'uuid' } },
      { pseudonymize: { normalize: ['trim', 'lower'] } },
    ),
  );
  const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom('', '"', '\n', '𝄞𝄞𝄞')), {
    minLength: 1,
    maxLength: 10,
  });

  test('for any text and parameters', async () => {
    await fc.assert(
      fc.asyncProperty(step, texts, async (given, values) => {
        const input = [
          schemaOf('s', { id: { type: 'integer' }, a: { type: ['string', 'null'] } }),
          ...values.map((a) => recordOf('s', { id: 1, a })),
          recordOf('s', { id: 1, a: null }),
          recordOf('s', { id: 1 }),
        ];
        const through = async (steps: JsonObject): Promise<readonly Json[]> => {
          const config = { keys: { k: { env: 'TEST_RECORD_KEY' } }, transforms: { s: { fields: { a: steps } } } };
          return (await transform(config, input)).records();
        };
        // A condition is for values.
        expect(await through(given)).toEqual(await through({ ...given, when: { field: 'id', equals: 1 } }));
      }),
    );
  });
});
