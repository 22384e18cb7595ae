import { ExactNumber, stringifyExact, type Change, type Json } from '../../../singer/index.ts';
import type { ChangeReason } from './row-plan.ts';

/** Longest text of an old value that is kept. */
const MAX_OLD = 200;

interface RowChange {
  readonly property: string;
  /** The column's name. */
  readonly target: string;
  readonly reason: ChangeReason;
  readonly old: Json;
}

/** What has become of one record's values while its row was written: reused for every record. */
export class RowChanges {
  readonly list: RowChange[] = [];

  clear(): void {
    // Nearly always there is nothing to do, and a look is cheaper than a store.
    if (this.list.length > 0) this.list.length = 0;
  }

  add(change: RowChange): void {
    this.list.push(change);
  }

  /** Notes for `_sdc_changes`, with what the core has changed before; undefined if there are none. */
  notes(before: readonly Change[]): Json | undefined {
    if (this.list.length === 0 && before.length === 0) return undefined;
    const own = this.list.map(({ property, reason, old }) => ({ column: property, reason, old: plain(textOf(old)) }));
    return [...before.map(({ column, reason, old }) => ({ column, reason, old: plain(old) })), ...own];
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : value instanceof ExactNumber ? value.text : stringifyExact(value);
}

/** Cut, and without half of a surrogate pair. */
function plain(text: string): string {
  return Buffer.from(text.slice(0, MAX_OLD)).toString();
}
