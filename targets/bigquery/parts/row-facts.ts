import type { Bounds } from '../statements/merge.ts';
import type { BigQueryType } from '../types/types.ts';
import { eachRow, MemberFinder } from './row-scan.ts';

/** A column by which a table is partitioned, and in which rows of one key do not differ. */
export interface PartitionColumn {
  readonly name: string;
  readonly type: BigQueryType;
}

/** Reads a value of our rows as something that can be compared, and writes that as a literal that is no later (or no earlier) than it. */
interface Ordered {
  readonly read: (text: string) => bigint | undefined;
  readonly literal: (value: bigint, end: 'from' | 'to') => string;
}

const ORDERED: Readonly<Partial<Record<BigQueryType, Ordered>>> = {
  INT64: { read: (text) => BigInt(unquoted(text)), literal: String },
  DATE: {
    read: (text) => milliseconds(`${unquoted(text)}T00:00:00Z`),
    literal: (value) => `DATE '${new Date(Number(value)).toISOString().slice(0, 10)}'`,
  },
  // To the millisecond: what is cut off is made up for at the end.
  TIMESTAMP: {
    read: (text) => milliseconds(unquoted(text)),
    literal: (value, end) => `TIMESTAMP '${instant(end === 'to' ? value + 1n : value)}'`,
  },
};

/** True if rows with values of this type can be bounded. */
export function canBound(type: BigQueryType): boolean {
  return ORDERED[type] !== undefined;
}

/** What the rows of a file have in their keys and in the column that partitions their table. */
export class RowFacts {
  readonly #finder: MemberFinder;
  readonly #keys: readonly string[];
  readonly #nulls: Uint8Array;
  readonly #partition: PartitionColumn | undefined;
  /** Its place among what is looked for: the keys, and itself. */
  readonly #partitionAt: number;
  readonly #ordered: Ordered | undefined;
  #range: [bigint, bigint] | undefined;
  /** A value could not be read: nothing is bounded. */
  #open = false;
  /** Values repeat a lot: the last one is known again by its text. */
  #last = '';

  constructor(keys: readonly string[], partition: PartitionColumn | undefined) {
    this.#keys = keys;
    this.#partition = partition;
    this.#ordered = partition === undefined ? undefined : ORDERED[partition.type];
    const names = partition === undefined || keys.includes(partition.name) ? keys : [...keys, partition.name];
    this.#nulls = new Uint8Array(names.length);
    this.#partitionAt = partition === undefined ? -1 : names.indexOf(partition.name);
    this.#finder = new MemberFinder(names);
  }

  add(blocks: readonly Buffer[]): void {
    eachRow(blocks, (bytes, start) => {
      const { from, to } = this.#finder;
      this.#finder.look(bytes, start);
      for (let key = 0; key < this.#nulls.length; key++) if (from[key] === -1) this.#nulls[key] = 1;
      const at = from[this.#partitionAt];
      if (at !== undefined && at >= 0) this.#bound(bytes.toString('latin1', at, to[this.#partitionAt]));
    });
  }

  get nullKeys(): ReadonlySet<string> {
    return new Set(this.#keys.filter((_, key) => this.#nulls[key] === 1));
  }

  /** Undefined: the table has no such column, or its values have no bounds. */
  get bounds(): Bounds | undefined {
    if (this.#ordered === undefined || this.#open) return undefined;
    const { literal } = this.#ordered;
    const range = this.#range;
    const hasNull = this.#nulls[this.#partitionAt] === 1;
    // Not of the key, a value may be left out (of a record that says that a row was deleted): its row may be anywhere.
    if (hasNull && this.#partitionAt >= this.#keys.length) return undefined;
    return {
      column: this.#partition!.name,
      hasNull,
      range: range === undefined ? undefined : [literal(range[0], 'from'), literal(range[1], 'to')],
    };
  }

  #bound(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    const value = this.#ordered!.read(text);
    if (value === undefined) this.#open = true;
    else if (this.#range === undefined) this.#range = [value, value];
    else if (value < this.#range[0]) this.#range[0] = value;
    else if (value > this.#range[1]) this.#range[1] = value;
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

function milliseconds(text: string): bigint | undefined {
  const value = Date.parse(text);
  return Number.isNaN(value) ? undefined : BigInt(value);
}

/** The last millisecond that GoogleSQL knows. */
const LAST = 253_402_300_799_999n;

function instant(value: bigint): string {
  return value > LAST
    ? '9999-12-31 23:59:59.999999+00'
    : new Date(Number(value)).toISOString().replace('T', ' ').replace('Z', '+00');
}
