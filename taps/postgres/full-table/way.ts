import { hash } from 'node:crypto';
import type { Session } from '../../../clients/postgres/connect.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { ifAllowed } from '../if-allowed.ts';
import type { Facts, HeapFile } from '../incremental/sight.ts';
import { isPart } from '../limits/filters.ts';
import { TID_RANGES } from '../pages/pieces.ts';
import type { Reading } from '../reading.ts';
import { keyOrder, type KeyOrder } from './keys.ts';

/** How a whole table is read. */
export type FullTableWay =
  /** In the order in which its rows are stored, */
  | { readonly by: 'pages'; readonly files: ReadonlyMap<string, HeapFile> }
  /** in the order of its keys, */
  | { readonly by: 'keys'; readonly order: KeyOrder }
  /** in the order in which the server gives it: it is nowhere until it is at the end. */
  | { readonly by: 'nothing' };

/** Where TimescaleDB keeps parts of a table, which may hold rows that only the whole shows. */
const CHUNKS = '_timescaledb_internal';

/** How a table is read best. The keys of a table whose pages can be told would serve as well, only slower. */
export async function wayOf(reading: Reading, session: Session, { files }: Facts): Promise<FullTableWay> {
  if (isOnlyPart(reading)) return { by: 'nothing' };
  const { relation } = reading;
  if (files !== undefined) {
    const parts = [...files.values()];
    const oneByOne = relation.table?.parent !== true || relation.table.leaves.length > 0;
    const byPages = session.version >= TID_RANGES && oneByOne && parts.every(({ schema }) => schema !== CHUNKS);
    return byPages ? { by: 'pages', files } : { by: 'nothing' };
  }
  const { kind } = relation.table ?? {};
  const order = kind === undefined || kind === 'view' || kind === 'foreign table' ? keyOrder(reading) : undefined;
  const sorts = order !== undefined && (await ifAllowed(session, `SELECT FROM ${relation.sql} ORDER BY ${order.by} LIMIT 0`));
  return sorts ? { by: 'keys', order } : { by: 'nothing' };
}

/** True if not all rows are wanted: then nobody asks where the reading was. */
function isOnlyPart({ request, config }: Reading): boolean {
  return isPart(config) || request.limit !== undefined;
}

/** Why a reading of this stream that is cut short begins anew, whatever it has come to; undefined: it need not. */
export function whyAnew(reading: Reading): string | undefined {
  const { request, config } = reading;
  if (isOnlyPart(reading)) return 'only a part of it is read';
  if (!config.resume_full_table) return 'resume_full_table is false';
  if (request.versioned && request.keys.length === 0) return 'it has no key, and rows that are sent twice would be there twice';
  return undefined;
}

/** A hash of what is read. */
export function readsOf({ relation, columns, request }: Reading): string {
  const types = new Map(relation.columns.map(({ name, type }) => [name, type.text]));
  const read = [
    relation.sql,
    relation.filters,
    request.keys,
    columns.map(({ name, expression, wire }) => [name, types.get(name), expression(ident(name)), wire]),
  ];
  return shortHash(JSON.stringify(read));
}

/** 96 bits of a SHA-256. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 16);
}
