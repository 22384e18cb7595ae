import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject, parseExact, stringifyExact } from '../../../../singer/index.ts';
import { HmacSha256 } from '../../../../transforms/crypto/hmac.ts';
import { compileExpression, type Expression } from '../../../../transforms/expression/index.ts';
import { ValueFault } from '../../../../transforms/fault.ts';
import type { Keys } from '../../../../transforms/keys.ts';

const keys: Keys = { names: [], find: () => undefined };

function compile(
  text: string,
  properties: JsonObject,
  { config = {}, required = [], known = keys }: { config?: JsonObject; required?: string[]; known?: Keys } = {},
): { expression: Expression; problems: string[] } {
  const problems: string[] = [];
  const schema = { type: 'object', properties, required };
  const shape = { stream: 's', schema, keys: [], bookmarks: [], privacy: {} };
  const report = (message: string): void => void problems.push(message);
  return { expression: compileExpression(text, { shape, config, stream: 's', keys: known }, report), problems };
}

function evaluate(text: string, record: JsonObject, config: JsonObject = {}): Json | undefined {
  const properties = Object.fromEntries(Object.keys(record).map((name) => [name, {}]));
  const { expression, problems } = compile(text, properties, { config });
  expect(problems).toEqual([]);
  return expression.evaluate({
    get: (name) => (Object.hasOwn(record, name) ? record[name] : undefined),
    toObject: () => record,
  });
}

function schemaOf(text: string, properties: JsonObject, required: string[] = []): unknown {
  const { expression, problems } = compile(text, properties, { required });
  expect(problems).toEqual([]);
  return expression.schema;
}

describe('nothing but the scope can be reached', () => {
  test.each([
    'constructor',
    'toString',
    '__proto__',
    'process',
    'globalThis',
    'require',
    'hasOwnProperty',
    'valueOf',
    'name.constructor',
    'name.constructor("return 1")()',
    'name.length',
    'name.toString()',
    'name.__proto__',
    'name._x',
    '[].constructor',
    'constructor()',
    'toString()',
    '__proto__()',
    'valueOf()',
    'str.constructor',
    'datetime.constructor',
    'datetime.datetime.constructor()',
    'json.__proto__',
    'config.constructor',
    "config['constructor']",
    "record['__proto__']",
    'name.matchAll("a")',
    'fake.email()',
    'name.valueOf()',
    '(lambda: 1)',
    'x := 1',
    'print(1)',
    'name.format(1)',
    '{"a": 1}.__class__',
    "{'a': 1}['constructor']",
    'f"{name.__class__}"',
    'f"{name.constructor}"',
  ])('%s is refused before a record comes', (text) => {
    expect(compile(text, { name: { type: 'string' } }).problems).not.toEqual([]);
  });

  test.each([
    ['{}.constructor', {}],
    ["any['constructor']", { any: {} }],
    ["any['__proto__']", { any: {} }],
    ['any.constructor', { any: {} }],
    ['any.toString', { any: {} }],
    ["'%(constructor)s' % any", { any: {} }],
  ])('%s finds no inherited member', (text, record) => {
    expect(() => evaluate(text, record)).toThrow(ValueFault);
  });

  test.each([
    ["any.get('constructor', 'none')", 'none'],
    ["'constructor' in any", false],
    ["'toString' in {'a': 1}", false],
  ])('%s sees own members only', (text, expected) => {
    expect(evaluate(text, { any: {} })).toEqual(expected);
  });

  test('a field called __proto__ is a field, and a member', () => {
    const record = parseExact('{"__proto__":{"x":1},"a":{"__proto__":2}}') as JsonObject;
    expect(evaluate("record['__proto__']['x'] + a['__proto__']", record)).toBe(3);
    const made = evaluate("{'__proto__': 1, 'b': {**a}}", record)!;
    expect(stringifyExact(made)).toBe('{"__proto__":1,"b":{"__proto__":2}}');
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  });
});

describe('budgets', () => {
  test.each([
    ["'a' * 100001", 'expression-failed'],
    ["('a' * 60000) + ('b' * 60000)", 'expression-failed'],
    ["f\"{'a' * 60000}{'b' * 60000}\"", 'expression-failed'],
    ["'-'.join(['aaaaaaaaaa'] * 20000)", 'expression-failed'],
    ["('a' * 1000).replace('a', 'b' * 1000)", 'expression-failed'],
    ["'x'.ljust(1000000)", 'expression-failed'],
    ["f'{1:1000000}'", 'expression-failed'],
    ['2 ** 4000000', 'expression-failed'],
    ['(2 ** 3000) ** 100', 'expression-failed'],
    ['1 << 20000', 'expression-failed'],
    ['[0] * 1000000', 'expression-failed'],
    ['[1 for a in [0] * 200 for b in [0] * 200]', 'expression-budget'],
    ["['x' * 50000 for a in [0] * 9000]", 'expression-budget'],
    ['try([1 for a in [0] * 20000], 0)', 'expression-budget'],
  ])('%s ends', (text, rule) => {
    const before = performance.now();
    let thrown: unknown;
    try {
      evaluate(text, {});
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ValueFault);
    expect((thrown as ValueFault).rule).toBe(rule);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test.each([
    '('.repeat(5000),
    `${'('.repeat(200)}1${')'.repeat(200)}`,
    `${'-'.repeat(5000)}1`,
    `${'not '.repeat(5000)}1`,
    `1${'+1'.repeat(5000)}`,
    `''${'.strip()'.repeat(5000)}`,
    `'${'a'.repeat(200_000)}'`,
    '['.repeat(3000),
    `1${' if 1 else 1'.repeat(3000)}`,
    `2${'**2'.repeat(3000)}`,
    `f"${'{1:'.repeat(2000)}"`,
  ])('an expression that is too large is refused, case %#', (text) => {
    expect(compile(text, {}).problems).not.toEqual([]);
  });

  test('a regular expression that backtracks without end comes back', () => {
    const before = performance.now();
    evaluate("re_match('^(a+)+$', any)", { any: `${'a'.repeat(40)}b` });
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('null and absent fields', () => {
  const record = { email: null, name: 'Ada', price: new ExactNumber('1.10') };

  test.each([
    'email.lower()',
    'email?.lower()',
    "email.split('@')[-1].lower()",
    'email[0]',
    'email[1:]',
    "'x' + email",
    "md5(config['seed'] + email)",
    'len(email)',
    'int(email)',
    "re_sub('a', 'b', email)",
    'gone',
    'gone.lower()',
    "record['gone']",
    "record.get('nope')",
    'coalesce(email, gone)',
  ])('%s is null', (text) => {
    const { expression, problems } = compile(
      text,
      { email: { type: ['string', 'null'] }, gone: { type: 'string' }, name: {}, price: {} },
      { config: { seed: 's' } },
    );
    expect(problems).toEqual([]);
    const value = expression.evaluate({
      get: (name) => (name in record ? record[name as keyof typeof record] : undefined),
      toObject: () => record,
    });
    expect(value ?? null).toBeNull();
    if (text !== 'gone' && text !== "record['gone']") expect(value).toBeNull();
  });

  test.each(['email < 1', "'a' in email", 'email >= 0 and True', 'sorted([email, 1])'])('%s is a fault', (text) => {
    expect(() => evaluate(text, { email: null })).toThrow(ValueFault);
  });

  test.each([
    ['str(email)', 'None'],
    ["f'{email}'", 'None'],
    ['bool(email)', false],
    ["email or 'none'", 'none'],
    ["'none' if email is None else email", 'none'],
    ["coalesce(email, name, 'x')", 'Ada'],
    ["try(1 / 0, 'x')", 'x'],
    ['try(1 / 0)', null],
  ])('%s', (text, expected) => {
    expect(evaluate(text, record)).toEqual(expected);
  });
});

describe('values that nobody touches stay as they are', () => {
  test.each(['1.10', '12345678901234567890', '1e400', '-0', '0.1', '{"a":1.0}', '[1.10]'])('%s', (text) => {
    expect(stringifyExact(evaluate('x', { x: parseExact(text) })!)).toBe(text);
    expect(stringifyExact(evaluate('[x][0]', { x: parseExact(text) })!)).toBe(text);
    expect(stringifyExact(evaluate("x if x != 'nope' else 0", { x: parseExact(text) })!)).toBe(text);
  });

  test.each([
    ['str(x)', '1.10', '1.10'],
    ['str(x)', '1.0', '1.0'],
    ['str(x)', '12345678901234567890', '12345678901234567890'],
    ['x + 1', '12345678901234567890', '12345678901234567891'],
    ['x * 2', '1.50', '3.0'],
    ['x * 25', '11794175646842424', '294854391171060600'],
    ['x + 1', '294854391171060600', '294854391171060601'],
    ['x % 10', '294854391171060600', '0'],
    ['x == 294854391171060608', '294854391171060600', 'false'],
    ['x // 1', '-0', '0'],
  ])('%s of %s is %s', (expression, x, expected) => {
    const value = evaluate(expression, { x: parseExact(x) })!;
    expect(typeof value === 'string' ? value : stringifyExact(value)).toBe(expected);
  });
});

describe('the schema of an expression', () => {
  const properties = {
    id: { type: 'integer' },
    email: { type: ['string', 'null'], maxLength: 50 },
    at: { type: 'string', format: 'date-time' },
    price: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
    addr: { type: ['object', 'null'], properties: { zip: { type: 'string' }, n: { type: 'integer' } }, required: ['zip'] },
    any: {},
    flag: { type: 'boolean' },
  };
  const all = Object.keys(properties);

  test.each([
    ['md5(str(id))', { type: ['string'] }],
    ['at[:4]', { type: ['string'] }],
    ["'@x' in email", undefined],
    ["'@x' in at", { type: ['boolean'] }],
    ['id', { type: 'integer' }],
    ["_['id']", { type: 'integer' }],
    ['at', { type: 'string', format: 'date-time' }],
    ['email', { type: ['string', 'null'], maxLength: 50 }],
    ['email.lower()', { type: ['string', 'null'] }],
    ["email or ''", { type: ['string'] }],
    ['id + 1', { type: ['integer'] }],
    ['id / 2', { type: ['number'] }],
    ['id // 2', { type: ['integer'] }],
    ['id ** 2', { type: ['integer'] }],
    ['id ** -1', { type: ['number'] }],
    ['price * id', { type: ['number'] }],
    ['id > 1', { type: ['boolean'] }],
    ['not id', { type: ['boolean'] }],
    ['tags[0]', { type: 'string' }],
    ['tags', { type: 'array', items: { type: 'string' } }],
    ['[t.upper() for t in tags]', { type: ['array'], items: { type: ['string'] } }],
    ['len(tags)', { type: ['integer'] }],
    ["addr['zip']", { type: ['string', 'null'] }],
    ["addr['n']", { type: ['integer', 'null'] }],
    ["addr.get('n', 0)", { type: ['integer', 'null'] }],
    ["{'a': id}", { type: ['object'], properties: { a: { type: 'integer' } }, required: ['a'] }],
    ["{'x': 'y'}.get(at, 'z')", { type: ['string'] }],
    ['any', {}],
    ['any + 1', { type: ['number', 'null'] }],
    ["1 if flag else 'x'", { type: ['string', 'integer'] }],
    ['1 if flag else None', { type: ['integer', 'null'] }],
    ['id if flag else 1.5', { type: ['number'] }],
    ['datetime.datetime.fromisoformat(at)', { type: ['string'], format: 'date-time' }],
    ['datetime.datetime.fromisoformat(at).date()', { type: ['string'], format: 'date' }],
    ['coalesce(email, at)', { type: ['string'] }],
    ['json.loads(at)', {}],
    ['int(at)', { type: ['integer'] }],
    ['float(at)', { type: ['number'] }],
    ['round(price)', { type: ['integer'] }],
    ['round(price, 2)', { type: ['number'] }],
    ["re_extract('a', at)", { type: ['string', 'null'] }],
    ['sum(len(t) for t in tags)', { type: ['integer'] }],
  ])('%s', (text, expected) => {
    const schema = schemaOf(text, properties, all);
    if (expected !== undefined) expect(schema).toEqual(expected);
  });

  test('of a field that may be absent allows null where something is done with it', () => {
    expect(schemaOf('id + 1', { id: { type: 'integer' } })).toEqual({ type: ['integer', 'null'] });
    expect(schemaOf('id', { id: { type: 'integer' } })).toEqual({ type: 'integer' });
  });
});

describe('what is wrong is told with its place', () => {
  test.each([
    ['emial', /no field or name emial; did you mean email\? \(at character 1\)/],
    ["record['emial']", /no field emial; did you mean email/],
    ["config['sed']", /config has no sed; did you mean seed/],
    ['lenn(email)', /no function lenn; did you mean len/],
    ['email.lowr()', /no method lowr; did you mean lower/],
    ['id.lower()', /no method lower/],
    ["id + 'x'", /\+ does not take values of these types/],
    ['email.split(separator=1)', /takes no argument separator/],
    ['email.lower(1)', /takes 0 arguments/],
    ['md5()', /md5 needs string/],
    ['1 +', /ends where a value is expected \(at character 4\)/],
    ['email = 1', /assignment/],
    ["'abc", /without an end quote/],
    ["re_match('(', email)", /regular expression/],
    ['re_match(email, email)', /written out/],
    ["hmac(email, 'd')", /needs a key/],
    ["parse_date(email, '%Q')", /directive %Q/],
    ['fake.email()', /fake values are not made/],
    ['', /is empty/],
    ['1; 2', /more than one expression/],
  ])('%s', (text, message) => {
    const properties = { id: { type: 'integer' }, email: { type: 'string' } };
    const { problems } = compile(text, properties, { config: { seed: 'x' } });
    expect(problems.join('\n')).toMatch(message);
  });
});

describe('what Python does not have', () => {
  test.each([
    ["re_match('b.d', x)", 'abcd', true],
    ["re_match('^b', x)", 'abcd', false],
    ["re_extract('b(.)', x)", 'abcd', 'c'],
    ["re_extract('b.', x)", 'abcd', 'bc'],
    ["re_extract('(a)(b)', x, 2)", 'abcd', 'b'],
    ["re_extract('z', x)", 'abcd', null],
    [String.raw`re_sub('(.)b', '<\\1>', x)`, 'abab', '<a><a>'],
    ["re_sub('b', '$&', x)", 'abc', 'a$&c'],
    ["parse_date(x, '%d.%m.%Y').date()", '02.01.2020', '2020-01-02'],
    ['parse_date(x)', '2020-01-02T03:04:05Z', '2020-01-02T03:04:05+00:00'],
    ['date(2020, 1, 2)', '', '2020-01-02'],
    ['timedelta(days=1).total_seconds() == 86400', '', true],
    ['min(3, 1, 2)', '', 1],
    ['max([1, 3, 2])', '', 3],
    ['sorted(x, reverse=True)', 'abc', ['c', 'b', 'a']],
    ['sum([1, 2, 3])', '', 6],
    ['abs(-2)', '', 2],
    ['any([0, 1]) and not all([0, 1])', '', true],
    ['len({1, 2, 2})', '', 2],
    ["'a' in {'a', 'b'}", '', true],
    ['{c for c in x} == set(x)', 'aab', true],
    ['0 <= rand() and rand() < 1 and 0 <= randint(5) and randint(5) < 5', '', true],
    ['x?.upper()', 'a', 'A'],
  ])('%s of %j', (text, x, expected) => {
    expect(evaluate(text, { x })).toEqual(expected);
  });
});

test('messages of faults hold no values', () => {
  for (const text of ['x + 1', 'int(x)', "x['a']", 'x < 1', "{'a': 1}[x]", 'json.loads(x)', 'datetime.date.fromisoformat(x)']) {
    try {
      evaluate(text, { x: 'sEcReT' });
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toContain('sEcReT');
    }
  }
});

test('hmac is keyed and the same for a number and its text', () => {
  const hmac = new HmacSha256(Buffer.from('secret'));
  const key = { id: 'k', fingerprint: '00000000', mac: (domain: string) => hmac.after(Buffer.from(`${domain}:`)) };
  const known: Keys = { names: ['k'], find: () => key };
  const { expression, problems } = compile("hmac(id, 'd')", { id: {} }, { known });
  expect(problems).toEqual([]);
  expect(expression.evaluate({ get: () => 12 })).toBe(createHmac('sha256', 'secret').update('d:12').digest('hex'));
  expect(expression.hides).toBe(true);
});
