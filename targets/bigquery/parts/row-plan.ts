import type { Column, Json, StreamHeader, ValuePlace } from '../../../singer/index.ts';
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
  | 'rounded-to-double'
  | 'null-item-dropped'
  | 'unnamed-member-dropped';

/** What a value's writer must know of its place. */
export interface Place extends ValuePlace<ChangeReason> {
  readonly column: Pick<RowColumn, 'name' | 'target' | 'type'> & Partial<Pick<RowColumn, 'column'>>;
}

/** Gives the JSON text of a value for a load file; undefined for null, which is left out. Throws RecordError for a value the column cannot hold. */
export type ValueWriter = (value: Json | undefined) => string | undefined;

export interface RowOptions {
  /** False when records are not validated against their schema (setting `validate_records`). */
  readonly validated: boolean;
  /** Called once for every value that is stored otherwise than it came. */
  readonly onChange: (column: string, reason: ChangeReason) => void;
  /** Lines after which the fast lane learns a stream's shape; only tests need another number than the default. */
  readonly learnAfter?: number;
}
