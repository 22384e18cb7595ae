import { isUtf8 } from 'node:buffer';
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../singer/index.ts';
import { InputError, SystemError } from '../../singer/index.ts';
import type { Entry } from './entries.ts';
import type { Reason } from './parser.ts';
import { REASONS } from './parser.ts';

/** A row that cannot be sent as it stands. */
export interface BadRow {
  readonly reason: Reason;
  /** Physical line on which it begins. */
  readonly line: number;
  /** The cell, counted from 1; 0 if it is about the whole row. */
  readonly cell: number;
  /** Offset in the file, decompressed and as UTF-8, of the byte it is about; -1 if there is none. */
  readonly byte: number;
  /** The row's bytes, or their beginning. */
  readonly raw: Buffer;
  readonly truncated: boolean;
}

/** Longest piece of a row that goes to the reject file. */
export const REJECT_BYTES = 1024 * 1024;

/** What happens to the malformed and ragged rows of one file. */
export class RowPolicy {
  readonly #entry: Entry;
  readonly #key: string;
  readonly #log: Log;
  readonly #rejects: RejectFile | undefined;
  readonly #counts = new Map<string, { rows: number; firstLine: number }>();

  constructor(entry: Entry, key: string, log: Log, rejects: RejectFile | undefined) {
    this.#entry = entry;
    this.#key = key;
    this.#log = log;
    this.#rejects = rejects;
  }

  /** Whether rows with too few or too many cells are sent. */
  get sendsRagged(): boolean {
    return this.#raggedPolicy === 'pad' || this.#raggedPolicy === 'extra';
  }

  get #raggedPolicy(): 'fail' | 'pad' | 'extra' | 'skip' {
    return this.#entry.ragged_rows ?? (this.#entry.strict ? 'fail' : 'pad');
  }

  /** A malformed row. Returns if the run may go on without it, otherwise throws InputError. */
  malformed(row: BadRow): void {
    const { on_error } = this.#entry;
    if (on_error === 'fail') throw rowError(this.#key, row);
    if (on_error === 'quarantine') this.#rejects?.write(this.#entry.entity, this.#key, row);
    const fate = on_error === 'quarantine' ? 'rows were written to the reject file' : 'rows were left out';
    this.#count(`Malformed ${fate}: ${REASONS[row.reason]}`, row.line);
  }

  /** A row with too few or too many cells; gives whether it is sent. Throws InputError when the policy says so. */
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

  /** A row whose NULs are taken out. */
  nulRemoved(line: number): void {
    this.#count('NUL bytes were taken out of rows', line);
  }

  /** Warns of each kind of row that was met, with their number. */
  report(): void {
    for (const [message, { rows, firstLine }] of this.#counts) {
      this.#log.warn(message, { file: this.#key, rows, first_line: firstLine });
    }
    this.#counts.clear();
  }

  #count(message: string, line: number): void {
    const count = this.#counts.get(message);
    if (count === undefined) this.#counts.set(message, { rows: 1, firstLine: line });
    else count.rows++;
  }
}

const HINTS: Partial<Record<Reason, string>> = {
  'bad-byte': 'Set encoding to what the file is written in, for example latin-1 or cp1252.',
  'nul-byte': 'If the file is UTF-16, set encoding; otherwise see nul_bytes.',
  'field-too-long': 'If a quote is not closed before this line, repair the file; otherwise raise max_field_bytes.',
  'too-few-cells': 'See ragged_rows.',
  'too-many-cells': 'See ragged_rows.',
};

/** Names file, physical line and reason; never the row. */
export function rowError(key: string, row: Pick<BadRow, 'reason' | 'line' | 'cell' | 'byte'>): InputError {
  const place = row.byte >= 0 ? `, byte ${row.byte}` : row.cell > 0 ? `, cell ${row.cell}` : '';
  return new InputError(`${key}, line ${row.line}${place}: ${REASONS[row.reason]}`, {
    code: `csv-${row.reason}`,
    facts: {
      file: key,
      line: row.line,
      ...(row.byte >= 0 ? { byte: row.byte } : {}),
      ...(row.cell > 0 ? { cell: row.cell } : {}),
    },
    hint: HINTS[row.reason] ?? 'Repair the file, or set on_error to skip or quarantine.',
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

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
