import type { Batch, ReadRequest } from '../../singer/tap/index.ts';
import type { ColumnPlan, Table } from './model.ts';
import type { Sessions } from './session.ts';
import type { PostgresConfig } from './settings.ts';

/** All that a way of reading a stream needs. */
export interface Reading {
  readonly table: Table;
  /** `tap_stream_id`, by which `stream_options` know it. */
  readonly id: string;
  /** The selected columns in the order of the announced schema. */
  readonly columns: readonly ColumnPlan[];
  readonly request: ReadRequest;
  readonly sessions: Sessions;
  readonly config: PostgresConfig;
}

/** A way of reading: FULL_TABLE, INCREMENTAL. */
export type Read = (reading: Reading) => AsyncIterable<Batch>;
