import { isJsonObject, type Json, type JsonObject } from '../../../singer/tap/index.ts';
import type { PlaceReached } from '../pages/pieces.ts';
import { parseSnapshot, snapshotText, type Snapshot } from '../incremental/snapshot.ts';

/** The virtual replication key. */
export const XMIN = 'xmin';

/** What has been sent of a stream that is read by who wrote its rows. */
export interface XminCoverage {
  /** All rows that it shows were sent; undefined: no reading has come to its end yet. */
  readonly seen: Snapshot | undefined;
  readonly reading?: PlaceReached | undefined;
}

/** The bookmark as JSON. The value is the snapshot's `xmin`, for people; `snapshot` is what counts. */
export function xminJson({ seen, reading }: XminCoverage, source: string): JsonObject {
  return {
    replication_key: XMIN,
    ...(seen === undefined ? {} : { replication_key_value: String(seen.xmin), snapshot: snapshotText(seen) }),
    source,
    ...(reading === undefined ? {} : { reading: placeJson(reading) }),
  };
}

function placeJson({ seen, table, file, page }: PlaceReached): JsonObject {
  return { table, file, page, snapshot: snapshotText(seen) };
}

/** Reads a bookmark; undefined if it is none of ours. */
export function readXmin(json: JsonObject | undefined): { readonly coverage: XminCoverage; readonly source: string } | undefined {
  if (json === undefined || typeof json['source'] !== 'string') return undefined;
  const seen = snapshotOf(json['snapshot']);
  const reading = placeOf(json['reading']);
  return { coverage: { seen, ...(reading === undefined ? {} : { reading }) }, source: json['source'] };
}

function placeOf(json: Json | undefined): PlaceReached | undefined {
  if (!isJsonObject(json)) return undefined;
  const { table, file, page } = json;
  const seen = snapshotOf(json['snapshot']);
  const isPlace = typeof table === 'string' && /^\d+$/.test(table) && typeof file === 'string' && typeof page === 'number';
  return isPlace && seen !== undefined ? { seen, table, file, page } : undefined;
}

function snapshotOf(json: Json | undefined): Snapshot | undefined {
  return typeof json === 'string' ? parseSnapshot(json) : undefined;
}
