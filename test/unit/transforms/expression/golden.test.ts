import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ExactNumber, isJsonObject, type Json, type JsonObject, parseLenient, stripExact } from '../../../../singer/index.ts';
import { createValidator } from '../../../../singer/target/validate.ts';
import { compileExpression, type Scope } from '../../../../transforms/expression/index.ts';
import { floatText } from '../../../../transforms/expression/numbers.ts';
import { schemaOf, typeOfValue } from '../../../../transforms/expression/types.ts';
import { ValueFault } from '../../../../transforms/fault.ts';

interface Recorded {
  readonly json?: string;
  readonly error?: string;
}

const golden = parseLenient(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as JsonObject & {
  readonly record: JsonObject;
  readonly config: JsonObject;
  readonly cases: Readonly<Record<string, Recorded>>;
};

/** Products of operands: what Python gives, or null where it raises an error. */
const grid = JSON.parse(readFileSync(new URL('grid.json', import.meta.url), 'utf8')) as {
  readonly recorded_with: JsonObject;
  readonly cases: Readonly<Record<string, string | null>>;
};

const CASES: Readonly<Record<string, Recorded>> = {
  ...golden.cases,
  ...Object.fromEntries(Object.entries(grid.cases).map(([expression, json]) => [expression, json === null ? {} : { json }])),
};

/** Where an expression here gives more than Python's error, or refuses what Python gives; docs/stream-maps.md tells of each kind. */
const DIFFERENT: Readonly<Record<string, Json>> = {
  // JSON has no such numbers.
  '1e400': 'refused',
  '1.5e300 * 1e10': 'refused',
  '1e308 * 10': 'refused',
  '-1e308 * 10': 'refused',
  // Null goes through.
  'int(None)': null,
  'nothing.lower()': null,
  "'a' + None": null,
  'nothing + 1': null,
  // More than simpleeval has.
  "len('abc')": 'int 3',
  'round(price)': 'int 20',
  'addr.keys()[0]': 'zip',
  'addr.items()': [
    ['zip', 'N1'],
    ['lines', ['a', 'b']],
    ['geo', { lat: 'float 51.5' }],
  ],
  'addr.values()': ['N1', ['a', 'b'], { lat: 'float 51.5' }],
  // Mistakes that simpleeval lets pass.
  'x = 1': 'refused',
  '[x for x, y in [(1, 2, 3)]]': 'refused',
  '{k: len for k in []}': 'refused',
  // Nothing is changed in place.
  '[].append(1)': 'refused',
  "int('１２')": 'refused',
  "int('\\u0661')": 'refused',
  // NaN and infinite numbers do not come in.
  "float('inf')": 'refused',
  "json.loads('NaN')": 'refused',
  // Sets have no order, and no sets are in sets.
  '{1} <= {1, 2}': 'refused',
  '{1} in {1}': 'refused',
  // Python tells two objects of one value apart, now and then.
  '1.0 is 1.0': true,
  // The right last digit: C's power is one off in some thousand.
  '715.51 ** -3': 'float 2.7299385820568397e-09',
  // What depends on the zone of the machine, says nothing of a date, or is hardly used.
  "datetime.date(2020, 2, 29).strftime('%s')": 'refused',
  'str(datetime.date(2020, 2, 29).toordinal())': 'refused',
  "str(datetime.datetime.strptime('Mon', '%a'))": 'refused',
  "str(datetime.datetime.fromisoformat('2020-W01-1'))": 'refused',
  // Two halves of a character are the character.
  "'\\ud83d\\ude00' == '😀'": true,
};

const SCHEMA = schemaOf(typeOfValue(golden.record));
const UNTYPED = { type: 'object', properties: Object.fromEntries(Object.keys(golden.record).map((name) => [name, {}])) };

const validator = createValidator();

function scopeOf(schema: JsonObject): Scope {
  const shape = { stream: 's', schema, keys: [], bookmarks: [], privacy: {} };
  return { shape, config: golden.config, stream: 's', keys: { names: [], find: () => undefined } };
}

const fields = {
  get: (name: string) => golden.record[name],
  toObject: () => golden.record,
};

/** A value, or `refused`: at the start or when it runs. */
function outcome(expression: string, schema: JsonObject): { value: Json; schema: JsonObject } {
  const problems: string[] = [];
  const compiled = compileExpression(expression, scopeOf(schema), (message) => problems.push(message));
  if (problems.length > 0) return { value: 'refused', schema: {} };
  try {
    return { value: plain(compiled.evaluate(fields) ?? null), schema: compiled.schema as JsonObject };
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    return { value: 'refused', schema: {} };
  }
}

/** Numbers as texts that tell ints from floats. */
function plain(value: Json): Json {
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `int ${BigInt(value)}` : `float ${floatText(value)}`;
  if (value instanceof ExactNumber) {
    return /^-?\d+$/.test(value.text) ? `int ${value.text}` : `float ${floatText(Number(value.text))}`;
  }
  if (Array.isArray(value)) return value.map((item: Json) => plain(item));
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member!)]));
  return value;
}

describe.each(Object.entries(CASES))('%s', (expression, { json }) => {
  const expected = Object.hasOwn(DIFFERENT, expression)
    ? DIFFERENT[expression]!
    : json === undefined
      ? 'refused'
      : plain(parseLenient(json));

  test.each([
    ['typed fields', SCHEMA as JsonObject],
    ['fields of any type', UNTYPED],
  ])('with %s', (_, schema) => {
    const { value, schema: result } = outcome(expression, schema);
    expect(value).toEqual(expected);
    if (value === 'refused') return;
    const problems: string[] = [];
    const raw = compileExpression(expression, scopeOf(schema), (message) => problems.push(message)).evaluate(fields) ?? null;
    const holder = { type: 'object', properties: { value: result } };
    expect(validator(holder, 's')({ value: stripExact(raw) }), JSON.stringify(result)).toBeUndefined();
  });
});

test('the recording names its sources', () => {
  for (const { recorded_with } of [golden, grid]) expect(recorded_with).toHaveProperty('simpleeval');
  expect(Object.keys(CASES).length).toBeGreaterThan(3000);
});
