import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../../../singer/shell/config.ts';
import type { Settings } from '../../../../singer/settings.ts';
import { streamOptions, streamOptionSettings } from '../../../../singer/shell/stream-options.ts';

const settings: Settings = {
  ...streamOptionSettings,
  load_method: {
    type: 'string',
    description: 'x',
    default: 'append-only',
    options: ['append-only', 'upsert'],
    aliases: ['method'],
    perStream: true,
  },
  batch_size_rows: { type: 'integer', description: 'x', default: 10, minimum: 1, perStream: true },
  hard_delete: { type: 'boolean', description: 'x', perStream: true },
  host: { type: 'string', description: 'x', required: true },
};

function read(stream_options: unknown) {
  const { config, problems } = checkConfig(settings, { host: 'h', stream_options });
  expect(problems).toEqual([]);
  return streamOptions(settings, config);
}

describe('stream options', () => {
  test('the later of the patterns that match wins, setting by setting', () => {
    const { forStream, problems } = read({
      '*': { batch_size_rows: 1, hard_delete: true },
      'order?': { load_method: 'upsert' },
      '!order*': { batch_size_rows: 3 },
      orders: { batch_size_rows: 2 },
    });
    expect(problems).toEqual([]);
    const base = { host: 'h', load_method: 'append-only', hard_delete: true };
    expect(forStream('orders')).toMatchObject({ ...base, load_method: 'upsert', batch_size_rows: 2 });
    expect(forStream('order')).toMatchObject({ ...base, batch_size_rows: 1 });
    expect(forStream('users')).toMatchObject({ ...base, batch_size_rows: 3 });
  });

  test('a list is read in its order', () => {
    const { forStream } = read([{ a: { batch_size_rows: 1 } }, { '*': { batch_size_rows: 2 } }]);
    expect(forStream('a')).toMatchObject({ batch_size_rows: 2 });
  });

  test('a stream that no pattern matches has the config itself', () => {
    const { config } = checkConfig(settings, { host: 'h', stream_options: { 'a*': { batch_size_rows: 1 } } });
    expect(streamOptions(settings, config).forStream('b')).toBe(config);
    expect(streamOptions(settings, { host: 'h' }).forStream('b')).toEqual({ host: 'h' });
  });

  test.each([
    ['a.b', 'a.b', 'axb'],
    ['a*', 'a', 'ba'],
    ['*-[x]+(y)', 'public-[x]+(y)', 'public-x'],
    ['?', '😀', 'ab'],
    ['a*c', 'a\nc', 'a\ncd'],
    ['!a*', 'ba', 'ab'],
    ['**a', 'bca', 'ab'],
    ['a^$|\\/{2}', 'a^$|\\/{2}', 'a'],
  ])('the pattern %s takes %j and not %j', (pattern, taken, left) => {
    const { forStream } = read({ [pattern]: { batch_size_rows: 77 } });
    expect(forStream(taken)).toMatchObject({ batch_size_rows: 77 });
    expect(forStream(left)).toMatchObject({ batch_size_rows: 10 });
  });

  test('values are cast and names resolved as everywhere', () => {
    const { forStream } = read({ a: { batch_size_rows: '5', method: 'upsert', hard_delete: null } });
    expect(forStream('a')).toEqual({
      host: 'h',
      stream_options: expect.anything() as unknown,
      load_method: 'upsert',
      batch_size_rows: 5,
    });
  });

  test('everything wrong is told at once, with its place and the nearest name', () => {
    const { problems } = read({
      'users-*': { load_methd: 'upsert', batch_size_rows: 0, host: 'other', hard_delete: 'perhaps' },
      'a.b': { load_method: 'upser' },
      c: 5,
    });
    expect(problems.map(({ path, message }) => `${path}: ${message}`).toSorted()).toEqual([
      'stream_options.a.b.load_method: must be one of "append-only", "upsert"; did you mean "upsert"?',
      'stream_options.c: must be an object of settings',
      'stream_options.users-*.batch_size_rows: must be at least 1',
      'stream_options.users-*.hard_delete: must be true or false, but is text',
      'stream_options.users-*.host: is the same for all streams: set it outside stream_options',
      'stream_options.users-*.load_methd: is not a setting of streams; did you mean load_method?',
    ]);
  });

  test('patterns that matched no stream are named', () => {
    expect(read({ 'a*': {}, 'x*': {}, '!a': {} }).unmatched(['a', 'ab'])).toEqual(['x*']);
    expect(read({ '!a': {} }).unmatched(['a'])).toEqual(['!a']);
  });
});
