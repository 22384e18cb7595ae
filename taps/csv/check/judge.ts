import type { Entry } from '../entries.ts';
import type { Reason } from '../parser.ts';
import { REASONS } from '../parser.ts';
import type { BadRow, RaggedPolicy, RowJudge } from '../policy.ts';
import { raggedPolicyOf } from '../policy.ts';
import type { ColumnType } from '../types/column-type.ts';
import type { Finding } from './facts.ts';

/** Lines that are named for each kind of finding. */
const LINES = 5;

const RAGGED_FATES = { extra: 'kept aside', skip: 'left out' } as const;
/** What becomes of malformed rows. */
export const ERROR_FATES = { fail: 'ends the run', skip: 'left out', quarantine: 'quarantined' } as const;

/** Notes all that a run would decide on, and lets it go on. */
export class CheckJudge implements RowJudge {
  readonly #entry: Entry;
  readonly #findings = new Map<string, { finding: Omit<Finding, 'rows' | 'lines'>; rows: number; lines: number[] }>();
  readonly #ragged: RaggedPolicy;
  malformedRows = 0;

  constructor(entry: Entry) {
    this.#entry = entry;
    this.#ragged = raggedPolicyOf(entry);
  }

  get sendsRagged(): boolean {
    return this.#ragged === 'pad' || this.#ragged === 'extra';
  }

  get keepsSurplus(): boolean {
    return this.#ragged === 'extra';
  }

  get sendsNullKeys(): boolean {
    return this.#entry.null_keys === 'send';
  }

  malformed(row: BadRow): void {
    this.malformedRows++;
    this.#note(row.reason, ERROR_FATES[this.#entry.on_error], row.line, row.column);
  }

  ragged(row: BadRow): boolean {
    const padded = row.reason === 'too-few-cells' ? 'padded' : 'cut';
    if (this.#ragged === 'fail') this.malformed(row);
    else if (this.#ragged === 'extra' && row.reason === 'too-few-cells') this.#note(row.reason, padded, row.line);
    else this.#note(row.reason, this.#ragged === 'pad' ? padded : RAGGED_FATES[this.#ragged], row.line);
    return this.sendsRagged;
  }

  misfit(column: string, _type: ColumnType, kept: boolean, line: number): void {
    this.#note('type-mismatch', kept ? 'kept aside' : 'null', line, column);
  }

  nullKey(column: string, line: number): void {
    this.#note('null-key', 'sent', line, column);
  }

  nulRemoved(line: number): void {
    this.#note('nul-byte', 'cut', line);
  }

  report(): void {
    // All is told at the end.
  }

  get findings(): Finding[] {
    return [...this.#findings.values()].map(({ finding, rows, lines }) => ({ ...finding, rows, lines }));
  }

  #note(reason: Reason, fate: Finding['fate'], line: number, column?: string): void {
    const key = JSON.stringify([reason, fate, column]);
    let known = this.#findings.get(key);
    if (known === undefined) {
      const finding = { reason, message: REASONS[reason], ...(column === undefined ? {} : { column }), fate };
      this.#findings.set(key, (known = { finding, rows: 0, lines: [] }));
    }
    known.rows++;
    if (known.lines.length < LINES) known.lines.push(line);
  }
}
