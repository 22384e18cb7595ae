import { Kind, type RecordScanner, type Row, type StreamHeader } from '../../singer/index.ts';
import { type PartitionLevel, partitionPath, partitionValues } from './partition.ts';

/** Values whose partition is remembered; columns with more (times with offsets) begin anew. */
const REMEMBERED = 10_000;
/** Bytes of a time that its partition depends on: `yyyy-MM-ddTHH`. */
const HOUR_BYTES = 13;
const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;

/** Numbers for the partitions of one stream; they hold for the whole run. */
export class PartitionTable {
  readonly levels: readonly PartitionLevel[];
  readonly #paths: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(levels: readonly PartitionLevel[]) {
    this.levels = levels;
  }

  /** The folders of a partition, by its number. */
  path(number: number): string {
    return this.#paths[number]!;
  }

  ofRecord(record: Row): number {
    return this.of(partitionValues(this.levels, record));
  }

  of(values: readonly (string | undefined)[]): number {
    const path = partitionPath(this.levels, values);
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    this.#numbers.set(path, this.#paths.length);
    return this.#paths.push(path) - 1;
  }
}

/** Gives the partition of the line that `scanner` has accepted, without making values; -1 if the general lane must say. */
export function createPartitionFinder(
  { columns }: StreamHeader,
  { kinds, starts, ends }: RecordScanner,
  table: PartitionTable,
): (chunk: Buffer) => number {
  const slots = table.levels.map((level) => columns.findIndex((column) => column.name === level.column));
  /** Only where the scanner has checked the format do a time's first bytes say it all. */
  const isTime = table.levels.map(({ time }, i) => time !== undefined && columns[slots[i]!]?.type === 'datetime');
  const known = new Map<string, number>();

  /** Bytes that decide: of a time without an offset only the first ones. */
  const deciding = (chunk: Buffer, level: number, slot: number): string => {
    const start = starts[slot]!;
    const end = ends[slot]!;
    if (!isTime[level] || kinds[slot] !== Kind.string || end - start <= HOUR_BYTES + 2)
      return chunk.toString('latin1', start, end);
    for (let at = start + HOUR_BYTES; at < end; at++)
      if (chunk[at] === PLUS || chunk[at] === MINUS) return chunk.toString('latin1', start, end);
    return chunk.toString('latin1', start, start + 1 + HOUR_BYTES);
  };

  const textOf = (chunk: Buffer, slot: number): string | undefined => {
    if (kinds[slot] === Kind.absent || kinds[slot] === Kind.null) return undefined;
    const quoted = chunk[starts[slot]!] === QUOTE ? 1 : 0;
    return chunk.toString('utf8', starts[slot]! + quoted, ends[slot]! - quoted);
  };

  return (chunk) => {
    let key = '';
    for (const [level, slot] of slots.entries()) {
      const kind = kinds[slot];
      if (kind === Kind.escaped || kind === Kind.nested) return -1;
      // A tab is in no value, so keys of different values differ.
      if (kind !== Kind.absent) key += deciding(chunk, level, slot);
      key += '\t';
    }
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size === REMEMBERED) known.clear();
    const number = table.of(slots.map((slot) => textOf(chunk, slot)));
    known.set(key, number);
    return number;
  };
}
