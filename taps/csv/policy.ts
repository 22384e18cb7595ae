import { isUtf8 } from 'node:buffer';
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../singer/tap/index.ts';
import { InputError, SystemError } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import type { Reason } from './parser.ts';
import { REASONS } from './parser.ts';
import type { ColumnType } from './types/column-type.ts';

/** A row that cannot be sent as it stands. */
export interface BadRow {
  readonly reason: Reason;
  /** Physical line on which it begins. */
  readonly line: number;
  /** The cell, counted from 1; 0 if it is about the whole row. */
  readonly cell: number;
  /** Name and type of the cell's column, where it is about that. */
  readonly column?: string | undefined;
  readonly type?: string | undefined;
  /** Offset in the file, decompressed and as UTF-8, of the byte it is about; -1 if there is none. */
  readonly byte: number;
  /** The row's bytes, or their beginning. */
  readonly raw: Buffer;
  readonly truncated: boolean;
}

/** How many malformed rows a stream may have, and has. */
export interface ErrorCount {
  rows: number;
}

/** A stream's reject file. */
export interface Rejects {
  readonly stream: string;
  readonly file: RejectFile;
}

/** Longest piece of a row that goes to the reject file. */
export const REJECT_BYTES = 1024 * 1024;

/** Decides on rows that are not as they should be. */
export interface RowJudge {
  /** Whether rows with too few or too many cells are sent. */
  readonly sendsRagged: boolean;
  /** Whether cells beyond the header's are sent. */
  readonly keepsSurplus: boolean;
  readonly sendsNullKeys: boolean;
  /** A malformed row. Returns if the run may go on without it, otherwise throws InputError. */
  malformed(row: BadRow): void;
  /** A row with too few or too many cells; gives whether it is sent. Throws InputError when the policy says so. */
  ragged(row: BadRow): boolean;
  /** A cell of a row that was sent, which did not fit its column's type. */
  misfit(column: string, type: ColumnType, kept: boolean, line: number): void;
  /** A row that was sent without a value in a key column. */
  nullKey(column: string, line: number): void;
  /** A row whose NULs are taken out. */
  nulRemoved(line: number): void;
  /** At the end of the file, of which `sent` rows were sent. Throws InputError if too large a part was malformed. */
  report(sent: number): void;
}

/** What happens to the malformed and ragged rows of one file, by its entry's settings. */
export class RowPolicy implements RowJudge {
  readonly #entry: Entry;
  readonly #key: string;
  readonly #log: Log;
  readonly #rejects: Rejects | undefined;
  readonly #errors: ErrorCount;
  readonly #counts = new Map<string, Counted>();
  #malformed = 0;

  /** `errors` is shared by the files of a stream. */
  constructor(entry: Entry, key: string, log: Log, rejects: Rejects | undefined, errors: ErrorCount = { rows: 0 }) {
    this.#entry = entry;
    this.#key = key;
    this.#log = log;
    this.#rejects = rejects;
    this.#errors = errors;
  }

  get sendsRagged(): boolean {
    return this.#raggedPolicy === 'pad' || this.#raggedPolicy === 'extra';
  }

  get keepsSurplus(): boolean {
    return this.#raggedPolicy === 'extra';
  }

  get sendsNullKeys(): boolean {
    return this.#entry.null_keys === 'send';
  }

  get #raggedPolicy(): RaggedPolicy {
    return raggedPolicyOf(this.#entry);
  }

  malformed(row: BadRow): void {
    const { on_error, max_errors = Infinity, encoding_errors } = this.#entry;
    if (row.reason === 'bad-byte' && encoding_errors === 'skip_row') {
      this.#count('Rows with bytes that are no text were left out', row.line);
      return;
    }
    if (on_error === 'fail') throw rowError(this.#key, row);
    this.#malformed++;
    if (++this.#errors.rows > max_errors) throw this.#tooMany(`more than ${max_errors} malformed rows (max_errors)`, row);
    if (on_error === 'quarantine') this.#rejects?.file.write(this.#rejects.stream, this.#key, row);
    const fate = on_error === 'quarantine' ? 'rows were written to the reject file' : 'rows were left out';
    this.#count(`Malformed ${fate}: ${REASONS[row.reason]}`, row.line);
  }

  ragged(row: BadRow): boolean {
    const policy = this.#raggedPolicy;
    if (policy === 'fail') {
      this.malformed(row);
      return false;
    }
    const tooMany = row.reason === 'too-many-cells';
    const done =
      policy === 'skip' ? 'left out' : !tooMany ? 'filled with nulls' : policy === 'extra' ? 'kept in _sdc_extra' : 'cut';
    this.#count(`Rows with ${REASONS[row.reason]} were ${done}`, row.line);
    return this.sendsRagged;
  }

  misfit(column: string, type: ColumnType, kept: boolean, line: number): void {
    const fate = kept ? 'sent as null and kept in _sdc_misfits' : 'sent as null';
    this.#count(`Cells that do not fit the type of their column were ${fate}`, line, { column, type: type.name });
  }

  nullKey(column: string, line: number): void {
    this.#count('Rows have no value in a key column', line, { column });
  }

  nulRemoved(line: number): void {
    this.#count('NUL bytes were taken out of rows', line);
  }

  /** Warns of each kind of row that was met, with their number. */
  report(sent: number): void {
    this.#tell();
    const { max_error_rate = 1 } = this.#entry;
    const rate = this.#malformed / Math.max(1, this.#malformed + sent);
    if (rate > max_error_rate)
      throw this.#tooMany(`${this.#malformed} of ${this.#malformed + sent} rows are malformed (max_error_rate)`);
  }

  #count(message: string, line: number, facts: { readonly column?: string; readonly type?: string } = {}): void {
    const key = facts.column === undefined ? message : `${message}\n${facts.column}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { message, facts, rows: 1, firstLine: line });
    else count.rows++;
  }

  #tell(): void {
    for (const { message, facts, rows, firstLine } of this.#counts.values()) {
      this.#log.warn(message, { file: this.#key, ...facts, rows, first_line: firstLine });
    }
    this.#counts.clear();
  }

  #tooMany(what: string, row?: BadRow): InputError {
    this.#tell();
    return new InputError(`${this.#key}${row === undefined ? '' : `, line ${row.line}`}: ${what}`, {
      code: 'csv-too-many-errors',
      facts: {
        file: this.#key,
        malformed: this.#errors.rows,
        ...(row === undefined ? {} : { line: row.line, reason: row.reason }),
      },
      hint: 'See what the rows have in common (the reject file, --check), or allow more.',
    });
  }
}

interface Counted {
  readonly message: string;
  readonly facts: { readonly column?: string; readonly type?: string };
  rows: number;
  readonly firstLine: number;
}

export type RaggedPolicy = 'fail' | 'pad' | 'extra' | 'skip';

/** What becomes of an entry's rows with too few or too many cells. */
export function raggedPolicyOf(entry: Pick<Entry, 'ragged_rows' | 'strict'>): RaggedPolicy {
  return entry.ragged_rows ?? (entry.strict ? 'fail' : 'pad');
}

const HINTS: Partial<Record<Reason, string>> = {
  'bad-byte': 'Set encoding to what the file is written in, for example latin-1 or cp1252.',
  'nul-byte': 'If the file is UTF-16, set encoding; otherwise see nul_bytes.',
  'field-too-long': 'If a quote is not closed before this line, repair the file; otherwise raise max_field_bytes.',
  'type-mismatch': 'See on_type_error and types.',
  'null-key': 'See null_keys.',
  'too-few-cells': 'See ragged_rows.',
  'too-many-cells': 'See ragged_rows.',
};

/** Names file, physical line and reason; never the row. `hint`: what to do, if it is not the usual. */
export function rowError(
  key: string,
  row: Pick<BadRow, 'reason' | 'line' | 'cell' | 'byte' | 'column' | 'type'>,
  hint = HINTS[row.reason] ?? 'Repair the file, or set on_error to skip or quarantine.',
): InputError {
  const place = row.byte >= 0 ? `, byte ${row.byte}` : row.cell > 0 ? `, cell ${row.cell}` : '';
  const about = row.column === undefined ? '' : ` (${[row.column, row.type].filter((part) => part !== undefined).join(', ')})`;
  return new InputError(`${key}, line ${row.line}${place}: ${REASONS[row.reason]}${about}`, {
    code: `csv-${row.reason}`,
    facts: {
      file: key,
      line: row.line,
      ...(row.byte >= 0 ? { byte: row.byte } : {}),
      ...(row.cell > 0 ? { cell: row.cell } : {}),
      ...(row.column === undefined ? {} : { column: row.column }),
      ...(row.type === undefined ? {} : { type: row.type }),
    },
    hint,
  });
}

/** Appends malformed rows as JSON lines. What it took is on disk before a bookmark passes over the row. */
export class RejectFile {
  readonly #path: string;
  #file: number | undefined;
  #waiting = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(stream: string, key: string, row: BadRow): void {
    const text = isUtf8(row.raw) ? { raw: row.raw.toString() } : { raw_base64: row.raw.toString('base64') };
    const line = {
      stream,
      file: key,
      line: row.line,
      reason: row.reason,
      ...(row.cell > 0 ? { cell: row.cell } : {}),
      ...(row.column === undefined ? {} : { column: row.column }),
      ...(row.type === undefined ? {} : { type: row.type }),
      ...(row.byte >= 0 ? { byte: row.byte } : {}),
      ...text,
      ...(row.truncated ? { truncated: true } : {}),
    };
    this.#try(() => {
      if (this.#file === undefined) {
        mkdirSync(dirname(this.#path), { recursive: true });
        // Rows in clear: for the owner only.
        this.#file = openSync(this.#path, 'a', 0o600);
      }
      writeAll(this.#file, Buffer.from(`${JSON.stringify(line)}\n`));
    });
    this.#waiting = true;
  }

  /** Forces what was written to the disk. */
  flush(): void {
    const file = this.#file;
    if (file === undefined || !this.#waiting) return;
    this.#try(() => fsyncSync(file));
    this.#waiting = false;
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw new SystemError(`The reject file ${this.#path} cannot be written`, {
        code: 'reject-file-failed',
        facts: { file: this.#path },
        hint: 'Check the folder, its rights and the free space.',
        cause: error,
      });
    }
  }
}

/** Where a stream's rows of an entry are rejected to; `open` holds the files that are open. */
export function rejectsOf(stream: string, entry: Entry, open: Map<string, RejectFile>): Rejects | undefined {
  if (entry.on_error !== 'quarantine' || !entry.reject_file) return undefined;
  let file = open.get(entry.reject_file);
  if (file === undefined) open.set(entry.reject_file, (file = new RejectFile(entry.reject_file)));
  return { stream, file };
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
