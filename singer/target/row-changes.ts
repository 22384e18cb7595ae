import { stringifyExact } from '../json-text.ts';
import type { Json } from '../json.ts';
import type { Change } from './destination.ts';

/** Longest text of an old value that is kept. */
const MAX_OLD = 200;

interface RowChange<Reason> {
  readonly property: string;
  /** The column's name. */
  readonly target: string;
  readonly reason: Reason;
  readonly old: Json;
}

/** What has become of one record's values while its row was written: reused for every record. */
export class RowChanges<Reason extends string = string> {
  readonly list: RowChange<Reason>[] = [];
  readonly #shown: (text: string) => string;

  /** `shown`: how a text that the destination cannot store is noted. */
  constructor(shown: (text: string) => string = (text) => text) {
    this.#shown = shown;
  }

  clear(): void {
    // Nearly always there is nothing to do, and a look is cheaper than a store.
    if (this.list.length > 0) this.list.length = 0;
  }

  add(change: RowChange<Reason>): void {
    this.list.push(change);
  }

  /** Notes for `_sdc_changes`, with what the core has changed before; undefined if there are none. */
  notes(before: readonly Change[]): Json | undefined {
    if (this.list.length === 0 && before.length === 0) return undefined;
    const own = this.list.map(({ property, reason, old }) => ({ column: property, reason, old: this.#cut(textOf(old)) }));
    return [...before.map(({ column, reason, old }) => ({ column, reason, old: this.#cut(old) })), ...own];
  }

  /** Not longer than a note may be, and without half of a surrogate pair. */
  #cut(text: string): string {
    return Buffer.from(this.#shown(text.slice(0, MAX_OLD)))
      .toString()
      .slice(0, MAX_OLD);
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : stringifyExact(value);
}
