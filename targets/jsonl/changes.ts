import { type Change, hasNonFinite, type Json, type Log, noteText, type RecordMeta, type Row } from '../../singer/index.ts';

/**
 * What was changed in a record: by the core, and numbers that JSON does not have (NaN, Infinity), which are null in `bytes`, the text
 * that is written.
 */
export function changesIn(record: Row, { changes }: Pick<RecordMeta, 'changes'>, bytes: Buffer): readonly Change[] {
  // A look at the text is cheaper than one at each value.
  if (!bytes.includes('null')) return changes;
  const lost = Object.entries(record).filter(([, value]) => hasNonFinite(value));
  if (lost.length === 0) return changes;
  return [...changes, ...lost.map(([column, value]) => ({ column, reason: NOT_A_NUMBER, old: noteText(value) }))];
}

/** As target-postgres calls it. */
const NOT_A_NUMBER = 'not-a-number';

/** Counts the values that this target has changed, and warns of the first in each property. */
export class Changed {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `changes`: all of one record; those of the core are told by the core. */
  add(stream: string, changes: readonly Change[]): void {
    for (const { column, reason } of changes) {
      if (reason !== NOT_A_NUMBER) continue;
      this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + 1);
      this.#log.warnOnce(`changed ${stream} ${column}`, 'JSON has no NaN and no Infinity: null is written, and all are counted', {
        stream,
        column,
        reason,
      });
    }
  }

  /** Facts for the summary of a stream. */
  facts(stream: string): Readonly<Record<string, Json>> {
    const changed = this.#counts.get(stream);
    return changed === undefined ? {} : { changed };
  }
}
