/** What `--check` finds; with `--format json` it is printed as it is. Never holds a cell's text. */
export interface Report {
  readonly ok: boolean;
  readonly streams: readonly StreamFacts[];
}

export interface StreamFacts {
  readonly stream: string;
  readonly rows: number;
  readonly files: readonly FileFacts[];
  readonly columns: readonly ColumnFacts[];
  /** Undefined for a stream without keys. */
  readonly key: KeyFacts | undefined;
  /** What would end a run, or make two rows one in the target. */
  readonly problems: readonly string[];
}

export interface FileFacts {
  readonly file: string;
  readonly encoding: string;
  /** Null for JSON lines. */
  readonly dialect: DialectFacts | null;
  /** Physical line of the first row. */
  readonly first_row_line: number;
  readonly columns: number;
  /** Columns whose name was changed, the cell counted from 1. */
  readonly renamed: readonly { readonly cell: number; readonly name: string }[];
  /** Names that stand in the header more than once. */
  readonly duplicate_headers: readonly string[];
  /** Columns of the first file that are missing here, and those that it has not. */
  readonly missing_columns: readonly string[];
  readonly extra_columns: readonly string[];
  /** True if the columns it shares with the first file stand in another order. */
  readonly other_order: boolean;
  /** Rows that would be sent. */
  readonly rows: number;
  /** Rows and cells that are not as they should be, and what becomes of them. */
  readonly findings: readonly Finding[];
}

export interface DialectFacts {
  readonly delimiter: string;
  readonly quotechar: string | null;
  readonly escapechar: string | null;
}

/** One kind of thing that is wrong in a file. */
export interface Finding {
  /** The reason's code, as in the reject file. */
  readonly reason: string;
  readonly message: string;
  readonly column?: string;
  readonly rows: number;
  /** Physical lines of the first of them. */
  readonly lines: readonly number[];
  /** What a run does. */
  readonly fate: 'ends the run' | 'left out' | 'quarantined' | 'sent' | 'padded' | 'cut' | 'kept aside' | 'null';
}

export interface ColumnFacts {
  readonly name: string;
  /** The type it is sent with. */
  readonly type: string;
  /** The type that all of its cells fit, whatever the settings say. */
  readonly inferred: string;
  /** Parts of the rows: without a value, and with an empty text. */
  readonly null_rate: number;
  readonly empty_rate: number;
}

export interface KeyFacts {
  readonly columns: readonly string[];
  /** Rows whose key has been there before, and where the first of them stand. */
  readonly duplicates: number;
  readonly first: readonly { readonly file: string; readonly line: number }[];
  /** Rows that were compared; fewer than all when there are more different keys than fit in memory. */
  readonly compared: number;
  readonly nulls: number;
}
