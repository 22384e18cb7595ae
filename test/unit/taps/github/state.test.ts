import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, Problem } from '../../../../singer/index.ts';
import { fingerprint } from '../../../../taps/github/releases/fingerprint.ts';
import { wanted } from '../../../../taps/github/repositories/patterns.ts';
import { pack, unpack } from '../../../../taps/github/state/packed.ts';
import { States } from '../../../../taps/github/state/states.ts';
import { ordered } from '../../../../taps/github/streams/ordered.ts';
import { githubTime, sinceParameter } from '../../../../taps/github/streams/times.ts';

describe('the state of repositories', () => {
  test('is kept by number, found by name, and that of other repositories is carried along', () => {
    const bookmark = { repositories: { '1': { name: 'octo/one', since: 'a' }, '2': { name: 'octo/two', since: 'b' } } };
    const states = new States(bookmark);
    expect(states.named('Octo/One')).toEqual({ id: '1', state: { since: 'a' } });
    states.set('1', 'octo/new-name', { since: 'c' });
    expect([states.named('octo/one'), states.named('octo/new-name')?.state]).toEqual([undefined, { since: 'c' }]);
    expect(states.bookmark()).toEqual({
      repositories: { '1': { name: 'octo/new-name', since: 'c' }, '2': { name: 'octo/two', since: 'b' } },
    });
  });

  test('understands MeltanoLabs’ partitions; of several for one repository the oldest time is taken', () => {
    const partition = (repo: string, value: string, more: JsonObject = {}): JsonObject => ({
      context: { org: 'Octo', repo, ...more },
      replication_key: 'updated_at',
      replication_key_value: value,
    });
    const partitions = [
      partition('one', '2024-02-01T00:00:00Z', { pull_number: 1 }),
      partition('one', '2024-01-01T00:00:00Z', { pull_number: 2 }),
      partition('one', '2024-03-01T00:00:00Z', { pull_number: 3 }),
      { context: {} },
    ];
    const states = new States({ partitions });
    expect(states.of('1', 'octo/one')).toEqual({ since: '2024-01-01T00:00:00Z' });
    expect(states.of('2', 'octo/two')).toEqual({});
    expect(new States(states.bookmark()).of('1', 'octo/one')).toEqual({ since: '2024-01-01T00:00:00Z' });
    states.set('1', 'octo/one', {});
    expect(states.bookmark()).toEqual({ repositories: { '1': { name: 'octo/one' } } });
  });

  test('understands singer-io’s times by name', () => {
    expect(new States({ 'octo/one': { since: '2024-01-01T00:00:00Z' } }).of('1', 'octo/one')).toEqual({
      since: '2024-01-01T00:00:00Z',
    });
  });

  test('of another shape says nothing', () => {
    const odd = {
      repositories: { '1': 5, '2': {} },
      partitions: [1, null, { context: 'x' }],
      by_name: [],
      since: 'x',
    } as unknown as JsonObject;
    expect(new States(odd).bookmark()).toEqual({ repositories: {} });
  });
});

test('fingerprints are packed and unpacked whole, in their order; what was not packed is none', () => {
  const id = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.integer({ min: 0, max: 99 }).map(BigInt)).map(String);
  const hash = fc.stringMatching(/^[0-9a-f]{12}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(id, hash), { selector: ([one]) => one, maxLength: 50 }), (entries) => {
      expect([...unpack(pack(new Map(entries)))!]).toEqual(entries);
    }),
  );
  expect([unpack('/w'), unpack('AAAA')]).toEqual([undefined, undefined]);
});

describe('a fingerprint', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { type: 'string' },
      list: { type: 'array', items: { type: 'object', properties: { n: {}, count: {} } } },
      o: { type: 'object', properties: { x: {}, y: {} } },
    },
  };
  const of = (row: object, options = {}): string => fingerprint(schema, options).of(row as never);

  test('does not depend on the order of members, nor on what nobody announced, nor on null or missing', () => {
    const one = of({ a: '1', o: { x: 1, y: null, z: 5 }, more: 1 });
    expect(of({ o: { y: undefined, x: 1 }, a: '1' })).toBe(one);
    expect(of({ o: { x: 2 }, a: '1' })).not.toBe(one);
  });

  test('sees no difference in what is ignored, at any depth', () => {
    const row = (count: number, n = 1): object => ({ a: '1', list: [{ n, count }] });
    expect(of(row(1), { ignored: ['list.count'] })).toBe(of(row(2), { ignored: ['list.count'] }));
    expect(of(row(1), { ignored: ['list.count'] })).not.toBe(of(row(1, 2), { ignored: ['list.count'] }));
    expect(of(row(1), { counted: ['list.n'] })).toBe(of({ ...row(7), a: 'x' }, { counted: ['list.n'] }));
    expect(of(row(1), { counted: ['list'] })).not.toBe(of(row(2), { counted: ['list'] }));
  });

  test('tells apart what joined text would not', () => {
    fc.assert(
      fc.property(fc.record({ a: fc.string(), o: fc.record({ x: fc.string(), y: fc.string() }) }), fc.string(), (row, other) => {
        fc.pre(row.o.x !== other);
        expect(of(row)).not.toBe(of({ ...row, o: { ...row.o, x: other } }));
      }),
    );
  });
});

describe('names of repositories', () => {
  const of = (...names: string[]): ReturnType<typeof wanted> & { problems: Problem[] } => {
    const problems: Problem[] = [];
    return {
      ...wanted(
        names.map((name, index) => [`repositories[${index}]`, name] as const),
        problems,
      ),
      problems,
    };
  };

  test('are names, patterns of an owner and exclusions', () => {
    const { named, owners, excluded, problems } = of('octo/one', 'octo/a-*', 'octo/*.js', '!*/attic', '!octo/x.y');
    expect([named, [...owners.keys()], problems]).toEqual([['octo/one'], ['octo'], []]);
    const fits = (name: string): boolean => owners.get('octo')!.some((pattern) => pattern.test(name));
    expect([fits('Octo/A-b'), fits('octo/x.js'), fits('octo/xjs'), fits('octo/b')]).toEqual([true, true, false, false]);
    const out = (name: string): boolean => excluded.some((pattern) => pattern.test(name));
    expect([out('any/attic'), out('octo/x.y'), out('octo/xzy'), out('octo/one')]).toEqual([true, true, false, false]);
  });

  test.each(['one', 'a/b/c', 'octo/', '*/one', 'https://github.com/octo/one', 'octo/o ne', 'octo/..%2f', 'octo/..', '../one'])(
    '%j is none',
    (name) => {
      expect(of(name).problems).toHaveLength(1);
    },
  );
});

describe('reading in order', () => {
  test('gives what each source gives, in the order of the items, however slow; and no more are open than allowed', async () => {
    let open = 0;
    let most = 0;
    const source = async function* (item: number): AsyncGenerator<string> {
      most = Math.max(most, ++open);
      for (let turn = 0; turn < 10 - item; turn++) await Promise.resolve();
      yield `${item}a`;
      yield `${item}b`;
      open--;
    };
    const found: string[] = [];
    for await (const each of ordered([1, 2, 3, 4, 5], 3, source, () => undefined)) found.push(each);
    expect([found, most]).toEqual([['1a', '1b', '2a', '2b', '3a', '3b', '4a', '4b', '5a', '5b'], 3]);
  });

  test('a failure does not wait for sources that wait', async () => {
    const stop = new AbortController();
    const source = async function* (item: number): AsyncGenerator<number> {
      if (item === 1) throw new Error('broken');
      await new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('stopped'))));
      yield item;
    };
    const all = async (): Promise<void> => {
      for await (const each of ordered([1, 2, 3], 3, source, () => stop.abort())) expect(each).toBe('nothing');
    };
    await expect(all()).rejects.toThrow('broken');
  });

  test('a failure comes in its turn, and closes what is open', async () => {
    const closed: number[] = [];
    const source = async function* (item: number): AsyncGenerator<number> {
      try {
        if (item === 2) throw new Error('broken');
        yield item;
        yield item;
      } finally {
        closed.push(item);
      }
    };
    const found: number[] = [];
    const all = async (): Promise<void> => {
      for await (const each of ordered([1, 2, 3], 3, source, () => undefined)) found.push(each);
    };
    await expect(all()).rejects.toThrow('broken');
    expect([found, closed.toSorted((a, b) => a - b)]).toEqual([
      [1, 1],
      [1, 2, 3],
    ]);
  });
});

test('times are as GitHub writes them, and the epoch is never sent', () => {
  expect(['2024-01-01', '2024-01-01T02:00:00.123+02:00', 'x', undefined].map(githubTime)).toEqual([
    '2024-01-01T00:00:00Z',
    '2024-01-01T00:00:00Z',
    undefined,
    undefined,
  ]);
  expect(['1970-01-01', '0001-01-01', '1970-01-03'].map(sinceParameter)).toEqual([undefined, undefined, '1970-01-03T00:00:00Z']);
});
