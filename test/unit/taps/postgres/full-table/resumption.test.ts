import { describe, expect, it } from 'vitest';
import { fromKey, keyOrder } from '../../../../../taps/postgres/full-table/keys.ts';
import { placeJson, readPlace, type PagePlace } from '../../../../../taps/postgres/full-table/place.ts';
import { filesUpTo, resumption } from '../../../../../taps/postgres/full-table/resumption.ts';
import type { FullTableWay } from '../../../../../taps/postgres/full-table/way.ts';
import { parseSnapshot } from '../../../../../taps/postgres/incremental/snapshot.ts';
import type { TableColumn } from '../../../../../taps/postgres/model.ts';
import { END, piecesOf } from '../../../../../taps/postgres/pages/pieces.ts';

const file = (name: string, pages = 10, bytes = pages * 8192) => ({ schema: 's', name, file: name, pages, bytes });
const files = new Map([
  ['100', file('a')],
  ['20', file('b')],
  ['9', file('c')],
]);
const snapshot = (text: string) => parseSnapshot(text)!;
const facts = (text: string) => ({ source: 'here', sight: { snapshot: snapshot(text), onStandby: false } });
const pages: FullTableWay = { by: 'pages', files };
const place: PagePlace = {
  by: 'pages',
  source: 'here',
  reads: 'all',
  table: '20',
  page: 5,
  files: filesUpTo(files).get('20')!,
  seen: snapshot('90:100:90'),
};
const column = (name: string, type: string, schema = 'pg_catalog'): TableColumn => ({
  name,
  type: { oid: 1, schema, name: type, text: type, modifier: -1, kind: 'base' },
  notNull: false,
  readable: true,
});
const order = (keys: readonly string[]) =>
  keyOrder({
    relation: { columns: [column('t', 'text'), column('n', 'int4'), column('c', 'citext', 'public')] } as never,
    request: { keys } as never,
  });

describe('where a reading that was cut short goes on', () => {
  it('is written and read again', () => {
    for (const each of [place, { by: 'keys', source: 'here', reads: 'all', after: ['a', '1'] }] as const)
      expect(readPlace(JSON.parse(JSON.stringify(placeJson(each))))).toEqual(each);
    for (const json of [
      {},
      { source: 'here' },
      { ...placeJson(place), snapshot: 'x' },
      { ...placeJson(place), table: '1; DROP' },
      { source: 's', reads: 'r', after: [1] },
    ])
      expect(readPlace(json)).toBeUndefined();
  });

  it('is the place where it was, with what was written since', () => {
    expect(resumption(pages, facts('120:130:'), 'all', placeJson(place))).toEqual({ by: 'pages', place, newer: { xid: 90 } });
    expect(resumption(pages, facts('90:100:90'), 'all', placeJson(place))).toMatchObject({ newer: 'none' });
  });

  it.each<[string, object, FullTableWay, string, string]>([
    ['another table', { source: 'there' }, pages, '120:130:', 'another table or server'],
    ['other columns', { reads: 'some' }, pages, '120:130:', 'columns'],
    ['another file', { files: 'other' }, pages, '120:130:', 'written anew'],
    ['too long ago', {}, pages, '3000000000:3000000000:', 'too many transactions'],
    ['no pages any more', {}, { by: 'nothing' }, '120:130:', 'pages'],
    ['no bookmark of ours', { snapshot: undefined }, pages, '120:130:', 'bookmark'],
    ['keys', { after: ['1'] }, pages, '120:130:', 'keys'],
  ])('is nowhere: %s', (_, change, way, now, reason) => {
    const found = resumption(way, facts(now), 'all', { ...placeJson(place), ...change });
    expect(found).toEqual({ by: 'nothing', reason: expect.stringContaining(reason) as unknown });
  });

  it('depends on the files of the tables that were read, and on no other', () => {
    expect(filesUpTo(new Map([...files].toReversed())).get('20')).toBe(place.files);
    expect(filesUpTo(new Map([...files, ['101', file('d')]])).get('20')).toBe(place.files);
    expect(filesUpTo(new Map([...files, ['10', file('d')]])).get('20')).not.toBe(place.files);
    expect(filesUpTo(new Map([...files, ['9', file('d')]])).get('20')).not.toBe(place.files);
  });
});

describe('pages', () => {
  const since = { newer: 'all' as const, joined: new Set<string>() };
  const read = (o: { page?: number; atOnce?: number; bytes?: number }) => {
    const cut =
      o.page === undefined ? undefined : { at: { ...place, file: 'b', page: o.page }, since: { ...since, newer: { xid: 90 } } };
    const { again, rest } = piecesOf({
      files: new Map([...files, ['20', file('b', 10, o.bytes)]]),
      since,
      cut,
      atOnce: o.atOnce ?? 6 * 8192,
      byPages: true,
    });
    const texts = (pieces: typeof again): string[] => pieces.map(({ table, from, before }) => `${table}:${from}-${before ?? ''}`);
    return { again: texts(again), rest: texts(rest) };
  };

  it('are read table by table, so many bytes at once, to the end', () => {
    expect(read({}).rest).toEqual(['9:0-6', '9:6-', '20:0-6', '20:6-', '100:0-6', '100:6-']);
    expect(read({ bytes: 10 * 8192 * 3 }).rest).toEqual([
      '9:0-6',
      '9:6-',
      '20:0-2',
      '20:2-4',
      '20:4-6',
      '20:6-8',
      '20:8-',
      '100:0-6',
      '100:6-',
    ]);
    expect(read({ atOnce: 1, bytes: 1e9 }).rest.slice(10, 12)).toEqual(['20:0-1', '20:1-2']);
  });

  it('are read on from where they were, those before again', () => {
    expect(read({ page: 8 })).toEqual({ again: ['9:0-6', '9:6-', '20:0-6', '20:6-8'], rest: ['20:8-', '100:0-6', '100:6-'] });
    expect(read({ page: END })).toEqual({
      again: ['9:0-6', '9:6-', '20:0-6', '20:6-'],
      rest: ['100:0-6', '100:6-'],
    });
  });
});

describe('the order of keys', () => {
  it('is the same in every language of a database, and from a key on loses none that lacks a part', () => {
    const found = order(['t', 'n'])!;
    expect(found.by).toBe('"t" COLLATE "C", "n"');
    expect(fromKey(found, ["a'b", '1'])).toBe(
      `(("t" COLLATE "C", "n") >= ('a''b'::"pg_catalog"."text", '1'::"pg_catalog"."int4") OR "t" COLLATE "C" IS NULL OR "n" IS NULL)`,
    );
    expect(order(['c'])!.by).toBe('"c"');
  });

  it('is none without keys, or with one that is no column', () => {
    expect(order([])).toBeUndefined();
    expect(order(['n', 'gone'])).toBeUndefined();
  });
});
