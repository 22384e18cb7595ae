import { createHash } from 'node:crypto';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../../singer/index.ts';
import type { Callable } from '../../../transforms/expression/callable.ts';
import { functions } from '../../../transforms/expression/functions.ts';
import { METHODS } from '../../../transforms/expression/methods.ts';
import { Kinds } from '../../../transforms/expression/types.ts';
import { operations } from '../../../transforms/operations/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

process.env['TEST_ABSENT_KEY'] = createHash('sha256').update('the key of the tests of absent fields').digest('hex');
const keys = { example: { env: 'TEST_ABSENT_KEY' } };

/** What becomes of an absent value and of null, for operations that take these: all others leave both as they are. */
const ASIDE = Symbol('put aside');
/** What the example makes of null. */
const EXAMPLE = Symbol('output of the example');
type Outcome = Json | undefined | typeof ASIDE | typeof EXAMPLE;
const TAKERS: Readonly<Record<string, { readonly absent: Outcome; readonly null: Outcome }>> = {
  default: { absent: EXAMPLE, null: EXAMPLE },
  // The other field is absent, too.
  coalesce: { absent: undefined, null: null },
  required: { absent: ASIDE, null: ASIDE },
  // Asked for what values must be, not for whether there are any.
  check: { absent: undefined, null: null },
};

const all = await operations.all();

test('each operation that takes absent values or null says here what it makes of them', () => {
  const takers = all.filter(({ takesAbsent, takesNull }) => takesAbsent === true || takesNull === true).map(({ name }) => name);
  expect(takers.toSorted()).toEqual(Object.keys(TAKERS).toSorted());
});

/** Records in which a place is absent or null, one way or another; whether the step meets it there, as what. */
const PLACES: Readonly<Record<string, readonly (readonly [JsonObject, 'absent' | 'null' | 'unmet'])[]>> = {
  f: [
    [{}, 'absent'],
    [{ f: null }, 'null'],
  ],
  'o.f': [
    [{}, 'unmet'],
    [{ o: null }, 'unmet'],
    [{ o: {} }, 'absent'],
    [{ o: { f: null } }, 'null'],
  ],
  'l[].f': [
    [{ l: [] }, 'unmet'],
    [{ l: [null] }, 'unmet'],
    [{ l: [{}] }, 'absent'],
    [{ l: [{ f: null }] }, 'null'],
  ],
  'a[]': [
    [{ a: [] }, 'unmet'],
    [{ a: [null] }, 'null'],
  ],
};

/** The record with the value in the place. */
function withValue(place: string, value: Json | undefined): JsonObject {
  const inner = value === undefined ? {} : { f: value };
  if (place === 'f') return inner;
  if (place === 'o.f') return { o: inner };
  return place === 'l[].f' ? { l: [inner] } : { a: [value ?? null] };
}

describe.each(all)('$name', ({ examples, name }) => {
  const steps = [...new Map(examples.map((example) => [JSON.stringify(example.step), example])).values()];

  test.each(steps)('$step', async ({ schema, step }) => {
    const type = (schema ?? { type: ['string', 'null'] }) as JsonObject;
    const nullable = { anyOf: [type, { type: 'null' }] };
    const object = { type: ['object', 'null'], properties: { f: nullable } };
    const properties = {
      value: nullable,
      f: nullable,
      o: object,
      l: { type: 'array', items: object },
      a: { type: 'array', items: nullable },
    };
    const own = isJsonObject(step) ? step : { [step as string]: {} };
    const ofNull = examples.find((example) => example.input === null && JSON.stringify(example.step) === JSON.stringify(step));
    const isAside = TAKERS[name]?.absent === ASIDE;
    for (const [place, records] of Object.entries(PLACES)) {
      if (place !== 'f' && onlyAtTop(own)) continue;
      const config = { keys, transforms: { s: { fields: { [place]: { ...own, on_error: isAside ? 'quarantine' : 'fail' } } } } };
      const out = await transform(config, [schemaOf('s', properties), ...records.map(([record]) => recordOf('s', record))]);
      expectValid(out);
      const expected = records.map(([record, as]): JsonObject | typeof ASIDE => {
        const taken = as === 'unmet' ? undefined : TAKERS[name];
        if (taken === undefined || as === 'unmet') return record;
        const outcome = taken[as];
        if (outcome === ASIDE) return ASIDE;
        return withValue(place, outcome === EXAMPLE ? ofNull!.output : outcome);
      });
      expect(out.records('s'), place).toEqual(expected.filter((record) => record !== ASIDE));
      expect(out.records('s__quarantine'), place).toHaveLength(expected.filter((record) => record === ASIDE).length);
    }
  });
});

/** `also` and `keep_original` put new fields beside the value. */
function onlyAtTop(step: JsonObject): boolean {
  return Object.values(step).some(
    (own) => isJsonObject(own) && ['also', 'keep_original'].some((name) => Object.hasOwn(own, name)),
  );
}

/** Arguments beside the subject, by their names: something that each callable takes. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  pattern: "'a'",
  repl: "'b'",
  key: "'example'",
  domain: "'d'",
  encoding: "'hex'",
  format: "'%Y'",
  sep: "','",
  width: '5',
  items: '[1]',
};

/** A call with `x` as the subject. */
function callOf(name: string, { literal = [], subject = 0, takes }: Callable, self?: string): string {
  const names = takes.split(' ').filter((argument) => argument !== '' && !argument.endsWith('?'));
  const given = names.map((argument, index) => {
    if (self === undefined && index === subject && !literal.includes(index)) return 'x';
    return ARGUMENTS[argument.replace('*', '')] ?? "'a'";
  });
  return `${self === undefined ? '' : `${self}.`}${name}(${given.join(', ')})`;
}

/** Values that have methods, made of a field where no field is one. */
const SELVES: Readonly<Record<number, string>> = {
  [Kinds.day]: "parse_date(x, '%Y').date()",
  [Kinds.moment]: "parse_date(x, '%Y')",
  [Kinds.span]: "(parse_date(x, '%Y') - parse_date('2020', '%Y'))",
};
const CALLS = [
  ...Object.entries(functions).map(([name, callable]) => callOf(name, callable)),
  ...METHODS.flatMap(({ kinds, methods }) =>
    Object.entries(methods).map(([name, callable]) => callOf(name, callable, SELVES[kinds] ?? 'x')),
  ),
];
const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '**',
  '|',
  '&',
  '^',
  '<<',
  '>>',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'not in',
  'and',
  'or',
  'is',
  'is not',
];
const FORMS = [
  ...OPERATORS.flatMap((operator) => [`x ${operator} 2`, `2 ${operator} x`, `x ${operator} x`]),
  ...[
    "'a' + x",
    "x + 'a'",
    "'a' * x",
    "'%s' % x",
    "'a' in x",
    "x in 'ab'",
    'x in [1]',
    '[1] + x',
    '[1] * x',
    "'a' < x",
    '[1] < x',
  ],
  ...['x', '-x', '+x', '~x', 'not x', 'x[0]', "x['a']", 'x[1:]', 'x[::-1]', 'x[:x]', '[1, 2][x]', 'x.a', 'x?.lower()'],
  ...["f'{x}'", "f'{x:>5}'", "f'{x!r}'", '[x]', '(x,)', '{x: 1}', "{'a': x}", '{x}', '[*x]', '{**x}', '[i for i in x]'],
  ...['[i for i in [1] if x]', '{i: x for i in [1]}', '1 if x else 2', 'x if x else x', "record['x']", 'record.x'],
  ...["record.get('x')", "_['x']", 'config[x]', 'x.lower().upper()[0]', "try(x[0], 'd')", 'coalesce(x, 1)'],
];

/** What comes of an expression for records without the field, and with null in it. */
async function of(expression: string, type: JsonObject): Promise<Transformed> {
  return transform({ keys, vars: { a: 1 }, transforms: { s: { set: { y: expression } } } }, [
    schemaOf('s', { x: type, z: {} }),
    recordOf('s', { z: 1 }),
    recordOf('s', { z: 2, x: null }),
  ]);
}

describe('an expression', () => {
  const types: readonly JsonObject[] = [
    {},
    { type: ['string', 'null'] },
    { type: ['integer', 'null'] },
    { type: ['array', 'null'], items: { type: 'integer' } },
    { type: ['object', 'null'], properties: { a: { type: 'string' } } },
  ];

  test.each([...new Set([...CALLS, ...FORMS])])('%s never ends the run, and its schema is true', async (expression) => {
    let ran = 0;
    for (const type of types) {
      let out;
      try {
        out = await of(expression, type);
      } catch (error) {
        // A mistake that shows in the types is told before the first record.
        expect((error as { code?: string }).code).toBe('transform-rules');
        continue;
      }
      ran++;
      expect(out.records('s').length + out.records('s__quarantine').length).toBe(2);
      expectValid(out);
    }
    expect(ran).toBeGreaterThan(0);
  });
});
