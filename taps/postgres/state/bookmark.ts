import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../../../singer/tap/index.ts';
import type { Coverage, Reach } from '../incremental/coverage.ts';
import type { Order, Position, Within } from '../incremental/position.ts';
import { parseSnapshot, snapshotText, type Snapshot } from '../incremental/snapshot.ts';

/** What the bookmark of an INCREMENTAL stream says. */
export interface Bookmark {
  readonly coverage: Coverage;
  /** What `coverage.seen` belongs to; see Facts. Undefined in bookmarks of other taps. */
  readonly source: string | undefined;
  /** Name of the key's type. Undefined in bookmarks of other taps. */
  readonly keyType: string | undefined;
}

/** A stream's replication key, with the order that it gives. */
export interface KeyOrder {
  readonly name: string;
  readonly type: string;
  readonly order: Order;
}

/**
 * The bookmark as JSON: `replication_key` and `replication_key_value` as all taps write them (the value as exact text), the rest as ours.
 * `rows_at_value` says which of the rows with this very value were sent; without it none is sure to have been.
 */
export function bookmarkJson(key: KeyOrder, { coverage, source }: Pick<Bookmark, 'coverage' | 'source'>): JsonObject {
  const { upTo, seen, late } = coverage;
  return {
    replication_key: key.name,
    ...positionJson(key.order, upTo),
    replication_key_type: key.type,
    ...(seen === undefined ? {} : { snapshot: snapshotText(seen), source }),
    ...(late === undefined ? {} : { late: { ...positionJson(key.order, late.upTo), snapshot: snapshotText(late.seen) } }),
  };
}

function positionJson(order: Order, { value, within }: Position): JsonObject {
  const json = { replication_key_value: value };
  if (within === 'none') return json;
  if (within === 'all') return { ...json, rows_at_value: 'all' };
  if ('sent' in within) return { ...json, rows_at_value: { sent: within.sent } };
  const after = Object.fromEntries((order.ties ?? []).map(({ name }, n) => [name, within.after[n]!]));
  return { ...json, rows_at_value: { after, ...(within.file === undefined ? {} : { file: within.file }) } };
}

/** Methods of other taps whose bookmarks know nothing of a replication key. */
const OTHER_METHODS: ReadonlySet<unknown> = new Set(['FULL_TABLE', 'LOG_BASED']);

/**
 * Reads a bookmark: ours, those of MeltanoLabs', pipelinewise's and singer-io's taps, and what a person wrote. Undefined if it says
 * nothing of how far the stream was read. What is not understood counts as not sent.
 */
export function readBookmark(json: JsonObject | undefined, order: Order): Bookmark | undefined {
  if (json === undefined || OTHER_METHODS.has(json['last_replication_method'])) return undefined;
  const upTo = positionOf(json, order);
  if (upTo === undefined) return undefined;
  const seen = snapshotOf(json['snapshot']);
  const late = seen === undefined || !isJsonObject(json['late']) ? undefined : reachOf(json['late'], order);
  return {
    coverage: { upTo, seen, ...(late === undefined ? {} : { late }) },
    source: textOf(json['source']),
    keyType: textOf(json['replication_key_type']),
  };
}

function reachOf(json: JsonObject, order: Order): Reach | undefined {
  const upTo = positionOf(json, order);
  const seen = snapshotOf(json['snapshot']);
  return upTo === undefined || seen === undefined ? undefined : { upTo, seen };
}

function snapshotOf(json: Json | undefined): Snapshot | undefined {
  return typeof json === 'string' ? parseSnapshot(json) : undefined;
}

function positionOf(json: JsonObject, order: Order): Position | undefined {
  const { replication_key_value: said, rows_at_value: rows } = json;
  const within = withinOf(rows, order);
  // Null is a place of ours only: other taps mean that they have none.
  if (said === null) return within === 'none' ? undefined : { value: null, within };
  const value = textOf(said);
  return value === undefined ? undefined : { value, within };
}

function withinOf(json: Json | undefined, order: Order): Within {
  if (json === 'all') return 'all';
  if (!isJsonObject(json)) return 'none';
  const { sent, after, file } = json;
  if (Array.isArray(sent) && order.ties === undefined) return { sent: sent.filter((hash) => typeof hash === 'string') };
  if (!isJsonObject(after) || order.ties === undefined) return 'none';
  const values = order.ties.map(({ name }) => after[name]);
  // Made with another order of the rows: of a key that has changed since.
  const same = Object.keys(after).length === values.length && values.every((value) => typeof value === 'string');
  return same ? { after: values, ...(typeof file === 'string' ? { file } : {}) } : 'none';
}

function textOf(json: Json | undefined): string | undefined {
  if (typeof json === 'string') return json;
  if (json instanceof ExactNumber) return json.text;
  return typeof json === 'number' || typeof json === 'boolean' ? String(json) : undefined;
}
