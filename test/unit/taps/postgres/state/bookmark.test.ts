import { expect, it } from 'vitest';
import { parseExact, stringifyExact } from '../../../../../singer/json-text.ts';
import type { JsonObject } from '../../../../../singer/json.ts';
import type { Coverage } from '../../../../../taps/postgres/incremental/coverage.ts';
import { orderColumn, PLACE, type Order } from '../../../../../taps/postgres/incremental/position.ts';
import { parseSnapshot } from '../../../../../taps/postgres/incremental/snapshot.ts';
import { bookmarkJson, readBookmark } from '../../../../../taps/postgres/state/bookmark.ts';

const int8 = { schema: 'pg_catalog', name: 'int8' };
const keyed: Order = { key: orderColumn('at', int8), nullable: true, ties: [orderColumn('id', int8)] };
const placed: Order = { ...keyed, ties: PLACE };
const hashed: Order = { ...keyed, ties: undefined };
const seen = parseSnapshot('5:9:5')!;

it.each<[string, Order, Coverage]>([
  ['the end', keyed, { upTo: { value: '7', within: 'all' }, seen }],
  ['a row', keyed, { upTo: { value: '7', within: { after: ['3'] } }, seen }],
  [
    'among late rows',
    keyed,
    { upTo: { value: '7', within: 'all' }, seen, late: { upTo: { value: null, within: { after: ['1'] } }, seen } },
  ],
  ['a place', placed, { upTo: { value: '7', within: { after: ['16384', '(0,1)'], file: '16390' } }, seen }],
  ['hashes', hashed, { upTo: { value: '7', within: { sent: ['a', 'b'] } }, seen: undefined }],
  ['rows without a key', hashed, { upTo: { value: null, within: 'all' }, seen: undefined }],
])('what is written is read back: %s', (_, order, coverage) => {
  const source = coverage.seen === undefined ? undefined : 'here';
  const text = stringifyExact(bookmarkJson({ name: 'at', type: 'int8', order }, { coverage, source: 'here' }));
  expect(readBookmark(parseExact(text) as JsonObject, order)).toEqual({ coverage, source, keyType: 'int8' });
});

it.each<[string, string, string | undefined]>([
  ['a number', '{"replication_key_value":9007199254740993}', '9007199254740993'],
  ['a boolean', '{"replication_key_value":true}', 'true'],
  [
    'MeltanoLabs',
    '{"replication_key":"at","replication_key_value":"2026-01-01","starting_replication_value":null,"progress_markers":{"replication_key_value":"x"}}',
    '2026-01-01',
  ],
  ['pipelinewise', '{"last_replication_method":"INCREMENTAL","replication_key":"at","replication_key_value":5,"version":1}', '5'],
  ['another method', '{"last_replication_method":"LOG_BASED","lsn":1,"replication_key_value":5}', undefined],
  ['an xmin', '{"xmin":5,"version":1}', undefined],
  ['null', '{"replication_key_value":null}', undefined],
  ['an object', '{"replication_key_value":{}}', undefined],
])('bookmarks of others say how far at most: %s', (_, text, value) => {
  const coverage = value === undefined ? undefined : { upTo: { value, within: 'none' }, seen: undefined };
  expect(readBookmark(parseExact(text) as JsonObject, keyed)?.coverage).toEqual(coverage);
});

it.each<[string, Order, string]>([
  ['of another key', keyed, '{"after":{"other":"3"}}'],
  ['of more columns', keyed, '{"after":{"id":"3","other":"3"}}'],
  ['hashes where there is a key', keyed, '{"sent":["a"]}'],
  ['a place where there is none', hashed, '{"after":{"tableoid":"1","ctid":"(0,1)"}}'],
  ['nonsense', keyed, '7'],
])('rows at the value are not taken for sent by a place in another order: %s', (_, order, rows) => {
  const bookmark = parseExact(`{"replication_key_value":"7","rows_at_value":${rows}}`) as JsonObject;
  expect(readBookmark(bookmark, order)?.coverage.upTo).toEqual({ value: '7', within: 'none' });
});
