import { describe, expect, it } from 'vitest';
import { Bookmarks } from '../../../../singer/tap/bookmarks.ts';
import { ConfigError } from '../../../../singer/errors.ts';
import { parseExact } from '../../../../singer/json-text.ts';
import { keepingLog } from '../../../support/memory-tap.ts';

function open(value: unknown): { bookmarks: Bookmarks; log: ReturnType<typeof keepingLog> } {
  const log = keepingLog();
  return { bookmarks: new Bookmarks(value, log), log };
}

describe('the state a tap is given', () => {
  const state = { bookmarks: { a: { at: 1 } }, currently_syncing: 'a' };
  it.each([
    ['a state', state],
    ['a STATE message', { type: 'STATE', value: state }],
    ['what Meltano keeps', { singer_state: state }],
    ['both at once', { singer_state: { type: 'state', value: state } }],
  ])('may be %s', (_, value) => {
    const { bookmarks } = open(value);
    expect(bookmarks.given('a')).toEqual({ at: 1 });
    expect(bookmarks.currentlySyncing).toBe('a');
    expect(JSON.parse(bookmarks.text())).toEqual(state);
  });

  it.each([[undefined], [null], [''], [{}], [{ singer_state: null }], [{ type: 'STATE', value: {} }]])(
    'may be empty: %j',
    (value) => {
      expect(open(value).bookmarks.text()).toBe('{"bookmarks":{}}');
    },
  );

  it.each([['text'], [[]], [7], [{ type: 'STATE', value: [] }]])('may not be %j', (value) => {
    expect(() => open(value)).toThrow(ConfigError);
  });

  it('is carried along to the letter where it belongs to others', () => {
    const text =
      '{"old_flat":12345678901234567890,"bookmarks":{"gone":{"max":1.10,"at":1e400,"__proto__":{"x":1}},"__proto__":{"k":0.1},"list":[1,2],"nothing":null},"version":2}';
    const { bookmarks } = open(parseExact(text));
    bookmarks.set('new', { at: 1 });
    expect(bookmarks.text()).toBe(
      '{"old_flat":12345678901234567890,"version":2,"bookmarks":{"gone":{"max":1.10,"at":1e400,"__proto__":{"x":1}},"__proto__":{"k":0.1},"list":[1,2],"nothing":null,"new":{"at":1}}}',
    );
  });

  it('makes only that stream start anew whose bookmark has a wrong shape, and says which', () => {
    const { bookmarks, log } = open({ bookmarks: { a: '2020-01-01', b: { at: 1 }, c: null } });
    expect([bookmarks.given('a'), bookmarks.given('b'), bookmarks.given('c'), bookmarks.given('constructor')]).toEqual([
      undefined,
      { at: 1 },
      undefined,
      undefined,
    ]);
    expect(log.lines.map((line) => line.fields)).toEqual([{ stream: 'a' }]);
  });

  it('is told of if it has something, but no bookmarks: it is of another form, and every stream starts anew', () => {
    const told = (value: unknown): unknown => open(value).log.lines.map(({ fields }) => fields);
    expect(told({ completed: { singer_state: state } })).toEqual([{ members: ['completed'] }]);
    expect([{}, null, { bookmarks: {}, more: 1 }, { currently_syncing: null }, { singer_state: {} }].flatMap(told)).toEqual([]);
  });

  it('names no stream as being read once it is cleared', () => {
    const { bookmarks } = open(state);
    bookmarks.currentlySyncing = undefined;
    expect(bookmarks.text()).toBe('{"bookmarks":{"a":{"at":1}}}');
  });
});
