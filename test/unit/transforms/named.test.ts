import { describe, expect, test } from 'vitest';
import { derivations } from '../../../transforms/derivations/index.ts';
import { byName } from '../../../transforms/named.ts';
import { operations } from '../../../transforms/operations/index.ts';
import { rules } from '../../../transforms/rules/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';

describe('declarations by name', () => {
  function numbers(): { named: ReturnType<typeof byName<number>>; loads: string[] } {
    const loads: string[] = [];
    const source = (name: string, value: number) => () => {
      loads.push(name);
      return Promise.resolve({ default: value });
    };
    return { named: byName<number>({ two: source('two', 2), one: source('one', 1) }), loads };
  }

  test('only those that are named are loaded, once', async () => {
    const { loads, named } = numbers();
    await named.load(['one', 'three', 'toString']);
    await named.load(['one']);
    expect(loads).toEqual(['one']);
    expect(named.find('one')).toBe(1);
  });

  test('a name that is none gives undefined, one that was not loaded an error', () => {
    const { named } = numbers();
    expect(named.find('three')).toBeUndefined();
    expect(named.find('toString')).toBeUndefined();
    expect(() => named.find('two')).toThrow('two was asked for before it was loaded');
  });

  test('all come in the order of their names', async () => {
    const { named } = numbers();
    await named.load(['one']);
    expect(named.names).toEqual(['two', 'one']);
    expect(await named.all()).toEqual([2, 1]);
  });
});

test.each(Object.entries({ operations, rules, derivations }))('%s are called what their table says', async (_, named) => {
  const all: readonly { readonly name: string }[] = await named.all();
  expect(all.map(({ name }) => name)).toEqual(named.names);
});

test('a stream that is marked personal has the rule for unlisted fields without naming it', async () => {
  const run = transform({ transforms: { s: { personal: true } } }, [
    schemaOf('s', { email: { type: 'string' } }),
    recordOf('s', { email: 'a@b.c' }),
  ]);
  await expect(run).rejects.toThrow('email');
});
