import { describe, expect, it } from 'vitest';
import { filtersOf, namePattern } from '../../../../taps/postgres/discover/filters.ts';
import { keyColumns } from '../../../../taps/postgres/discover/keys.ts';
import type { IndexRow } from '../../../../taps/postgres/discover/queries.ts';
import { streamIds } from '../../../../taps/postgres/ids.ts';

describe('the key of a table', () => {
  const index = (
    name: string,
    columns: number[],
    more: Partial<Record<'primary' | 'unique' | 'identity', boolean>> = {},
  ): IndexRow => [name, columns, more.primary ?? false, more.unique ?? true, more.identity ?? false, true];
  const notNull = (column: number): boolean => column < 5;

  it.each([
    ['the primary key, whatever else there is', [index('a', [2]), index('b', [3, 1], { primary: true })], [3, 1]],
    ['a unique index over columns that are never null', [index('a', [2])], [2]],
    ['no index with a column that may be null', [index('a', [2, 5])], []],
    ['no index that is not unique, or only at the end of a transaction', [index('a', [2], { unique: false })], []],
    ['of several the replica identity', [index('a', [2]), index('b', [3, 4], { identity: true })], [3, 4]],
    ['of several the shortest', [index('a', [2, 3]), index('b', [4])], [4]],
    ['of equals the first by name', [index('b', [2]), index('a', [3])], [3]],
    ['none without an index', [], []],
  ])('is %s', (_, indexes, wanted) => {
    expect(keyColumns(indexes, notNull)).toEqual(wanted);
  });
});

describe('what to look for', () => {
  const filters = (given: object): ReturnType<typeof filtersOf> =>
    filtersOf({ filter_schemas: undefined, tables: undefined, object_types: ['table', 'view'], ...given } as never);

  it('is all tables and views of all schemas by default', () => {
    expect(filters({})).toEqual({ schemas: null, take: null, leave: [], relkinds: ['r', 'v'], partitions: false });
  });

  it('takes schemas as a list or as a text, and nothing for none', () => {
    expect(filters({ filter_schemas: ['a,b', 'c'] }).schemas).toEqual(['a,b', 'c']);
    expect(filters({ filter_schemas: 'a, b,' }).schemas).toEqual(['a', 'b']);
    expect(filters({ filter_schemas: '' }).schemas).toBeNull();
    expect(filters({ filter_schemas: [] }).schemas).toBeNull();
  });

  it('parts patterns to take from those to leave out', () => {
    expect(filters({ tables: ['a*', '!b'] })).toMatchObject({ take: ['^(?:a.*)$'], leave: ['^(?:b)$'] });
    expect(filters({ object_types: ['partition'] })).toMatchObject({ relkinds: [], partitions: true });
  });

  it.each([
    ['a.b', String.raw`^(?:a\.b)$`],
    ['x(1)|$^[]{}+\\', String.raw`^(?:x\(1\)\|\$\^\[\]\{\}\+\\)$`],
    ['ünï_?-*', '^(?:ünï_.-.*)$'],
    ['***=x', String.raw`^(?:.*.*.*\=x)$`],
  ])('reads the pattern %s', (glob, wanted) => {
    expect(namePattern(glob)).toBe(wanted);
  });
});

describe('stream ids', () => {
  const told: string[] = [];
  const ids = (tables: readonly { schema: string; name: string }[]): string[] => {
    told.length = 0;
    const found = streamIds(tables, (table, id) => void told.push(`${table.schema}.${table.name} ${id}`));
    return tables.map((table) => found.get(table)!);
  };

  it('are schema and table', () => {
    expect(ids([{ schema: 'public', name: 'users' }])).toEqual(['public-users']);
    expect(told).toEqual([]);
  });

  it('differ for tables whose names are alike when joined, in every order, and it is told', () => {
    const a = { schema: 'a', name: 'b-c' };
    const b = { schema: 'a-b', name: 'c' };
    const [first, second] = ids([a, b]);
    expect(first).toBe('a-b-c');
    expect(second).toMatch(/^a-b-c-[0-9a-f]{8}$/);
    expect(told).toEqual([`a-b.c ${second}`]);
    expect(ids([b, a])).toEqual([second, first]);
  });
});
