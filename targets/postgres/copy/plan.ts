import type { Column, StreamHeader } from '../../../singer/index.ts';
import type { MetadataColumn, PgType } from '../types/types.ts';

/** One property of a stream and the column it goes to. */
export interface CopyColumn {
  /** The property. */
  readonly name: string;
  /** The column's name. */
  readonly target: string;
  readonly pgType: PgType;
  /** The property as announced; one of the header's columns. */
  readonly column: Column;
}

/** What one COPY of a stream writes: the data columns in this order, then our own in theirs. */
export interface CopyPlan {
  readonly header: StreamHeader;
  readonly columns: readonly CopyColumn[];
  /** Properties that share the column `_sdc_extra`. */
  readonly extra?: readonly Column[];
  readonly metadata: readonly MetadataColumn[];
}

/** What happens to a character U+0000, which Postgres cannot store. */
export type NulPolicy = 'strip' | 'replace' | 'fail';

/** What happens to a date or time that Postgres cannot hold (year 0000, negative years, 30 February). */
export type TimePolicy = 'fail' | 'null';

/** Why a stored value differs from the one that came. */
export type ChangeReason =
  | 'nul-stripped'
  | 'nul-replaced'
  | 'surrogate-replaced'
  | 'time-nulled'
  | 'not-a-number'
  | 'time-of-day-dropped'
  | 'zone-dropped'
  | 'rounded-to-microseconds'
  | 'rounded-to-scale';

/** What an encoder needs before it can go on: the stream must be opened anew for it. */
export type Need =
  /** A value must change, and the rows are to say so. */
  | { readonly kind: 'notes' }
  /** An integer is beyond bigint. */
  | { readonly kind: 'numeric'; readonly property: string };

export interface CopyOptions {
  /** False when records are not validated against their schema (setting `validate_records`). */
  readonly validated: boolean;
  readonly nulPolicy: NulPolicy;
  readonly timePolicy: TimePolicy;
  /** Zone of date-times that name none: an IANA name, or UTC. */
  readonly timeZone?: string;
  /** Called once for every value that is stored otherwise than it came. */
  readonly onChange: (column: string, reason: ChangeReason) => void;
  /** True: an integer beyond bigint is such a need; otherwise its record is bad. */
  readonly widensIntegers?: boolean;
  /** Set: the stream can be opened anew for a need. Called before `encode` gives 'changed'. */
  readonly onNeed?: (need: Need) => void;
  /** Lines after which the fast lane learns a stream's shape; only tests need another number than the default. */
  readonly learnAfter?: number;
}
