import type { JsonSchema } from '../../singer/tap/index.ts';

/** What the catalog says of one table, view or the like. */
export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: TableKind;
  /** In their order in the table; dropped ones are left out. */
  readonly columns: readonly TableColumn[];
  readonly keys: readonly string[];
  /** `pg_class.relpages`: 8 KiB pages at the last VACUUM or ANALYZE. */
  readonly pages: number;
  /** `pg_class.reltuples`: an estimate; 0 if nobody has counted yet. */
  readonly rows: number;
  /** True if rows of other tables are read with it: of partitions, or of tables that inherit from it. Their `ctid`s repeat. */
  readonly parent: boolean;
  /**
   * Of a parent: the tables that hold its rows, itself first if it has some, each to be read by itself (FROM ONLY). Empty where that is not the same as reading
   * the whole: other rights, policies.
   */
  readonly leaves: readonly Leaf[];
}

/** A table whose own rows (`FROM ONLY`) are among those of another one. */
export interface Leaf {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** It is a foreign table: without ctid and xmin. */
  readonly foreign?: true;
}

export type TableKind = 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';

export interface TableColumn {
  readonly name: string;
  readonly type: PgType;
  readonly notNull: boolean;
  /** False if the user has no right to SELECT it. */
  readonly readable: boolean;
  readonly comment?: string;
  readonly generated?: boolean;
  readonly identity?: boolean;
  readonly hasDefault?: boolean;
}

/** A type with domains already resolved to what they are made of; `domain` names the outermost. */
export interface PgType {
  readonly oid: number;
  readonly schema: string;
  /** `pg_type.typname`, for example `int8`. */
  readonly name: string;
  /** `format_type()`, for example `numeric(10,2)`. */
  readonly text: string;
  /** `atttypmod`; -1 for none. */
  readonly modifier: number;
  readonly kind: 'base' | 'enum' | 'array' | 'composite' | 'range' | 'multirange';
  /** Of arrays; of ranges and multiranges the type of their bounds. */
  readonly element?: PgType;
  /** Of arrays: how many dimensions were declared, which nobody is held to; absent where nothing is known. */
  readonly dimensions?: number;
  /** Of arrays: what stands between elements, a comma nearly always. */
  readonly delimiter?: string;
  /** Of composites. */
  readonly fields?: readonly { readonly name: string; readonly type: PgType }[];
  /** Of enums, in their order. */
  readonly labels?: readonly string[];
  readonly domain?: string;
}

/** How one column is read: what stands in the SELECT, and how its COPY text becomes JSON. */
export interface ColumnPlan {
  readonly name: string;
  /** Gives the SQL for the quoted column. */
  readonly expression: (column: string) => string;
  readonly wire: Wire;
  readonly schema: JsonSchema;
}

/** What becomes of COPY text. */
export type Wire =
  /** Integers, numeric and floats: the digits as they are, in quotes if `as` says so; NaN and infinities by `special`. */
  | { readonly kind: 'number'; readonly special: Special; readonly as?: 'string' }
  /** `t` and `f`, and `1` and `0` of bit(1). */
  | { readonly kind: 'boolean' }
  /** A JSON string of the text. */
  | { readonly kind: 'text' }
  /** JSON text; whitespace outside of strings is dropped, so that both lanes agree and it stays on one line. */
  | { readonly kind: 'json' }
  | {
      readonly kind: 'date' | 'timestamp' | 'timestamptz';
      readonly outOfRange: OutOfRange;
      readonly zone?: string;
    }
  | { readonly kind: 'bytea'; readonly form: 'base64' | 'hex' }
  /** char(n) without the blanks at its end. */
  | { readonly kind: 'trimmed' }
  | { readonly kind: 'hstore' }
  /** Nested by dimensions; NULL elements are null; lower bounds are dropped. */
  | { readonly kind: 'array'; readonly of: Wire; readonly delimiter: string }
  | { readonly kind: 'composite'; readonly fields: readonly { readonly name: string; readonly wire: Wire }[] }
  /** The object form; the literal is `text`. */
  | { readonly kind: 'range'; readonly of: Wire }
  | { readonly kind: 'multirange'; readonly of: Wire };

/** `special_numbers`: what becomes of NaN and infinities. */
export type Special = 'null' | 'string' | 'fail';

/** `temporal_out_of_range`: what becomes of dates before Christ, years after 9999 and infinities. */
export type OutOfRange = 'null' | 'clamp' | 'string' | 'fail';
