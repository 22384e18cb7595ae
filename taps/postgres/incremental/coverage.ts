import type { Order, Position } from './position.ts';
import { horizonOf, newerThan, withoutRunning, type Newer, type Snapshot } from './snapshot.ts';

/**
 * What has been sent of a stream: every row up to a position that `seen` shows. Rows that are committed later may still belong before it.
 * A later reading looks for them first, in order as well; how far it came, and with what it saw, is `late`.
 */
export interface Coverage {
  readonly upTo: Position;
  /** Undefined where nobody knows, as in the bookmark of another tap, or where rows do not tell who wrote them. */
  readonly seen: Snapshot | undefined;
  readonly late?: Reach | undefined;
}

/** Every row up to a position that the snapshot shows. */
export interface Reach {
  readonly upTo: Position;
  readonly seen: Snapshot;
}

/** Rows to read: those behind one position and up to another, of transactions that are no older than … */
export interface Segment {
  /** Undefined: from the first row on. */
  readonly from: Position | undefined;
  /** Undefined: to the last row. */
  readonly upTo: Position | undefined;
  readonly newer: Exclude<Newer, 'none'>;
}

/** What the transaction that reads can see. */
export interface Sight {
  readonly snapshot: Snapshot;
  /** Its list of running transactions is empty then, whatever runs on the primary. */
  readonly onStandby: boolean;
}

/** What may be remembered of a sight. */
export function remembered({ snapshot, onStandby }: Sight): Snapshot {
  return onStandby ? withoutRunning(snapshot) : snapshot;
}

/**
 * The rows before `coverage.upTo` to look at again: those that were not there to be seen. `sameSource`: the ids of `coverage` are those of the
 * table that is read now; otherwise they say nothing of it.
 */
export function lateSegments(coverage: Coverage, now: Sight, sameSource: boolean): Segment[] {
  const { upTo, seen, late } = coverage;
  if (seen === undefined) return [];
  const newer = (since: Snapshot): Newer => (sameSource ? newerThan(horizonOf(since, remembered(now)), now.snapshot) : 'all');
  const parts: readonly (Omit<Segment, 'newer'> & { newer: Newer })[] = [
    { from: undefined, upTo: late?.upTo, newer: late === undefined ? 'none' : newer(late.seen) },
    { from: late?.upTo, upTo, newer: newer(seen) },
  ];
  return parts.flatMap((part) => (part.newer === 'none' ? [] : [{ ...part, newer: part.newer }]));
}

/** A late segment was read up to here. What of the older reading lies beyond it keeps the older one's snapshot, which is safe for all. */
export function lateReached(coverage: Coverage, upTo: Position, now: Sight): Coverage {
  return { ...coverage, late: { upTo, seen: remembered(now) } };
}

/** All that is late was sent. */
export function caughtUp({ upTo }: Coverage, now: Sight): Coverage {
  return { upTo, seen: remembered(now) };
}

/** Rows behind the coverage were read up to here. `sought`: and all that is late had been sent before. */
export function advanced(coverage: Coverage | undefined, upTo: Position, now: Sight | undefined, sought: boolean): Coverage {
  const older = sought ? undefined : coverage?.seen;
  return {
    upTo,
    seen: older ?? (now === undefined ? undefined : remembered(now)),
    ...(older === undefined ? {} : { late: coverage?.late }),
  };
}

/** True if rows with a key and rows without one are in the segment. */
export function mixesNulls(order: Order, { from, upTo }: Segment): boolean {
  const hasNulls = order.nullable && (from === undefined || (from.value === null && from.within !== 'all'));
  return hasNulls && upTo?.value !== null;
}

const NULLS: Position = { value: null, within: 'all' };

/** The segment in parts that are either of rows with a key or of rows without: so that an index on the key gives them in order. */
export function apart(order: Order, segment: Segment): readonly Segment[] {
  return mixesNulls(order, segment)
    ? [
        { ...segment, upTo: NULLS },
        { ...segment, from: NULLS },
      ]
    : [segment];
}
