import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig, unknownText } from '../../../../singer/shell/config.ts';
import type { Setting, Settings } from '../../../../singer/settings.ts';

const text = (more: Partial<Setting> = {}): Setting => ({ type: 'string', description: 'A text.', ...more });

const settings: Settings = {
  host: text({ required: true, aliases: ['hostname'] }),
  port: { type: 'integer', description: 'A port.', default: 5432, minimum: 1, maximum: 65535 },
  ratio: { type: 'number', description: 'A ratio.' },
  strict: { type: 'boolean', description: 'A switch.', default: false },
  mode: text({ options: ['fast', 'exact'], default: 'fast' }),
  keys: { type: 'array', description: 'Names.', items: text() },
  either: { type: ['array', 'string'], description: 'A name or names.' },
  files: {
    type: 'array',
    description: 'Files.',
    items: {
      type: 'object',
      description: 'One file.',
      properties: {
        path: text({ required: true }),
        delimiter: text({ default: ',' }),
        dedupe: {
          type: 'object',
          description: 'Duplicates.',
          properties: { on: { type: 'boolean', default: true, description: 'x' }, key: text() },
        },
      },
    },
  },
  ssl: {
    type: 'object',
    description: 'TLS.',
    aliases: ['tls'],
    properties: { mode: text({ default: 'prefer', options: ['prefer', 'require'] }), ca: text() },
  },
  labels: { type: 'object', description: 'Free names.', members: { type: 'integer', description: 'A number.' } },
  free: { type: 'object', description: 'Anything.' },
  old: text({ ignored: 'nothing needs it' }),
};

const check = (given: Record<string, unknown>) => checkConfig(settings, { host: 'h', ...given });

describe('checkConfig', () => {
  it('fills defaults in at every depth, and leaves what is absent absent', () => {
    const { config, problems } = check({ files: [{ path: 'a', dedupe: {} }] });
    expect(problems).toEqual([]);
    expect(config).toEqual({
      host: 'h',
      port: 5432,
      strict: false,
      mode: 'fast',
      files: [{ path: 'a', delimiter: ',', dedupe: { on: true } }],
    });
  });

  it('takes null as not given, at every depth, but keeps it in free objects', () => {
    const { config, problems } = check({
      port: null,
      keys: null,
      files: [{ path: 'a', delimiter: null }],
      labels: { a: 1, b: null },
      free: { a: null },
    });
    expect(problems).toEqual([]);
    expect(config).toMatchObject({ port: 5432, files: [{ delimiter: ',' }], labels: { a: 1 }, free: { a: null } });
    expect(config).not.toHaveProperty('keys');
    expect(config['labels']).not.toHaveProperty('b');
  });

  it.each([
    ['port', '5433', 5433],
    ['port', ' 5433 ', 5433],
    ['ratio', '0.5', 0.5],
    ['ratio', '1e3', 1000],
    ['strict', 'true', true],
    ['strict', 'No', false],
    ['strict', '1', true],
    ['strict', 0, false],
    ['keys', '["a","b"]', ['a', 'b']],
    ['keys', '[]', []],
    ['either', 'a', 'a'],
    ['either', '["a"]', ['a']],
    ['files', '[{"path":"a"}]', [{ path: 'a', delimiter: ',' }]],
    ['ssl', '{"mode":"require"}', { mode: 'require' }],
    ['host', 1234, '1234'],
    ['free', '{"a":[1]}', { a: [1] }],
  ])('casts %s from %j', (name, given, expected) => {
    const { config, problems } = check({ [name]: given });
    expect(problems).toEqual([]);
    expect(config[name]).toEqual(expected);
  });

  it.each([
    ['port', 'x', 'must be an integer, but is text'],
    ['port', '', 'must be an integer, but is empty'],
    ['port', 1.5, 'must be an integer, but is a number'],
    ['port', '9007199254740993', 'must be an integer, but is text'],
    ['port', true, 'must be an integer, but is true or false'],
    ['port', 0, 'must be at least 1'],
    ['port', '70000', 'must be at most 65535'],
    ['ratio', 'Infinity', 'must be a number, but is text'],
    ['strict', 'maybe', 'must be true or false, but is text'],
    ['keys', 'a,b', 'must be a list (as JSON text), but is text'],
    ['ssl', '[1]', 'must be an object (as JSON text), but is text'],
    ['host', [], 'must be text, but is a list'],
    ['host', 1.2345678901234567e19, 'is too long a number for text: put it in quotes'],
    ['either', 5.5, undefined],
    ['either', {}, 'must be a list or text'],
    ['mode', 'fats', 'must be one of "fast", "exact"; did you mean "fast"?'],
    ['mode', 'zzzzzz', 'must be one of "fast", "exact"'],
  ])('refuses %s: %j', (name, given, message) => {
    const { problems } = check({ [name]: given });
    expect(problems).toEqual(message === undefined ? [] : [{ path: name, message }]);
  });

  it('tells every problem at once, each with its path', () => {
    const { problems } = checkConfig(settings, {
      port: 'x',
      files: [{ path: 'a' }, { delimiter: 5, dedupe: { on: 'perhaps' } }],
      labels: { a: 'one' },
      keys: ['a', null],
      ssl: { mode: 'requires' },
    });
    expect(problems.map(({ path }) => path)).toEqual([
      'host',
      'port',
      'keys[1]',
      'files[1].path',
      'files[1].dedupe.on',
      'ssl.mode',
      'labels.a',
    ]);
  });

  it('takes an unknown member of a strict object for a mistake, with the nearest name', () => {
    const strict = {
      type: 'array',
      description: 'x',
      items: { type: 'object', strict: true, description: 'x', properties: { when: { type: 'string', description: 'x' } } },
    } as const;
    expect(checkConfig({ strict }, { strict: [{ when: 'a' }, { wehn: 'a' }, { zebra: 1 }] })).toMatchObject({
      problems: [
        { path: 'strict[1].wehn', message: 'is not known here; did you mean when?' },
        { path: 'strict[2].zebra', message: 'is not known here' },
      ],
      unknown: [],
    });
  });

  it('finds unknown settings at any depth, with the nearest name, and leaves them out', () => {
    const { config, problems, unknown } = check({ prot: 1, zebra: 1, files: [{ path: 'a', delimeter: ';' }], ssl: { mod: 1 } });
    expect(problems).toEqual([]);
    expect(unknown).toEqual([
      { path: 'files[0].delimeter', nearest: 'delimiter' },
      { path: 'ssl.mod', nearest: 'mode' },
      { path: 'prot', nearest: 'port' },
      { path: 'zebra', nearest: undefined },
    ]);
    expect(config).not.toHaveProperty('prot');
    expect(unknownText(unknown)).toBe(
      'files[0].delimeter (did you mean delimiter?), ssl.mod (did you mean mode?), prot (did you mean port?), zebra',
    );
  });

  it('accepts aliases; the own name wins', () => {
    expect(checkConfig(settings, { hostname: 'a' }).config['host']).toBe('a');
    expect(checkConfig(settings, { hostname: 'a', host: 'b' }).config['host']).toBe('b');
    expect(checkConfig(settings, { hostname: 'a', host: null }).config['host']).toBe('a');
  });

  it('nests dotted keys, also under an alias, and joins them with the object', () => {
    expect(check({ 'ssl.mode': 'require' }).config['ssl']).toEqual({ mode: 'require' });
    expect(check({ 'tls.ca': 'x', ssl: { mode: 'require' } }).config['ssl']).toEqual({ mode: 'require', ca: 'x' });
    expect(check({ 'labels.a': '5' }).config['labels']).toEqual({ a: 5 });
    expect(check({ 'files.a': 1 }).unknown).toEqual([{ path: 'files.a', nearest: 'files' }]);
  });

  it('reports settings without effect', () => {
    expect(check({ old: 'x' }).ignored).toEqual([{ path: 'old', reason: 'nothing needs it' }]);
    expect(check({}).ignored).toEqual([]);
  });

  it('keeps members with names of object internals as data', () => {
    const { config } = check({ labels: JSON.parse('{"__proto__": 1, "constructor": 2}') as unknown });
    expect(Object.entries(config['labels'] as object)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(check({ constructor: 1, toString: 1 }).unknown.map(({ path }) => path)).toEqual(['constructor', 'toString']);
  });

  it('never throws and never shows a value, whatever is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(settings), 'x', 'ssl.mode'), fc.jsonValue()), (given) => {
        const secret = 'Zq7-secret-Zq7';
        const marked = JSON.parse(
          JSON.stringify(given, (_, value: unknown) => (typeof value === 'string' ? secret : value)),
        ) as Record<string, unknown>;
        const { problems } = checkConfig(settings, marked);
        expect(problems.map(({ message }) => message).join()).not.toContain(secret);
      }),
    );
  });
});
