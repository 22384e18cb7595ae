import type { Batch, ReadRequest } from '../../singer/tap/index.ts';
import type { ColumnPlan } from './model.ts';
import type { Relation } from './relation.ts';
import type { Sessions } from './session.ts';
import type { PostgresConfig } from './settings.ts';
import { XMIN } from './xmin/bookmark.ts';

/** All that a way of reading a stream needs. */
export interface Reading {
  readonly relation: Relation;
  /** `tap_stream_id`. */
  readonly id: string;
  /** The selected columns in the order of the announced schema. */
  readonly columns: readonly ColumnPlan[];
  readonly request: ReadRequest;
  readonly sessions: Sessions;
  /** With what `stream_options` says of this stream. */
  readonly config: PostgresConfig;
}

/** How a stream is read: `window` is a part of a stream that goes by a replication key. */
export type Way = 'whole' | 'window' | 'incremental' | 'xmin';

export function wayOf({ request, config }: Pick<Reading, 'request' | 'config'>): Way {
  if (request.method !== 'INCREMENTAL') return 'whole';
  if (config.window !== undefined) return 'window';
  return request.replicationKey === XMIN ? 'xmin' : 'incremental';
}

/** One query of a reading. */
export interface Query {
  /** What it is for, in words. */
  readonly purpose: string;
  readonly sql: string;
}

/** A way of reading: FULL_TABLE, INCREMENTAL. */
export type Read = (reading: Reading) => AsyncIterable<Batch>;
