import type { Column, StreamHeader } from '../../../singer/index.ts';
import type { ColumnType, MetadataColumn } from '../types/types.ts';

/** Largest row of a load job: https://cloud.google.com/bigquery/quotas#load_jobs */
export const MAX_ROW_BYTES = 100 * 1024 * 1024;

/** One property of a stream and the column it goes to. */
export interface RowColumn {
  /** The property. */
  readonly name: string;
  /** The column's name. */
  readonly target: string;
  readonly type: ColumnType;
  /** The property as announced; one of the header's columns. */
  readonly column: Column;
}

/** What one part of a stream writes: our own columns, then data columns in this order. */
export interface RowPlan {
  readonly header: StreamHeader;
  readonly columns: readonly RowColumn[];
  /** Name of the JSON column that keeps each record whole; undefined: there is none. */
  readonly whole?: string;
  readonly metadata: readonly MetadataColumn[];
}

/** Why a stored value differs from the one that came. */
export type ChangeReason =
  | 'surrogate-replaced'
  | 'not-a-number'
  | 'time-of-day-dropped'
  | 'zone-dropped'
  | 'cut-to-microseconds'
  | 'rounded-to-scale'
  | 'rounded-to-double';

export interface RowOptions {
  /** False when records are not validated against their schema (setting `validate_records`). */
  readonly validated: boolean;
  /** Called once for every value that is stored otherwise than it came. */
  readonly onChange: (column: string, reason: ChangeReason) => void;
  /** Lines after which the fast lane learns a stream's shape; only tests need another number than the default. */
  readonly learnAfter?: number;
}
