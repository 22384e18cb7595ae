/**
 * What a transaction sees, as `pg_current_snapshot()` gives it: transactions before `xmin` have ended, those from `xmax` on had not when it was
 * taken, nor had those that are `running`. Ids are those of 64 bits, which never come again.
 */
export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** Without subtransactions: the server does not tell them. */
  readonly running: readonly bigint[];
}

const TEXT = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/;

/** Reads `xmin:xmax:running,…`; undefined for any other text. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const [, xmin, xmax, running] = match;
  return {
    xmin: BigInt(xmin!),
    xmax: BigInt(xmax!),
    running: running === '' ? [] : running!.split(',').map(BigInt),
  };
}

/** As Postgres prints it. */
export function snapshotText({ xmin, xmax, running }: Snapshot): string {
  return `${xmin}:${xmax}:${running.join(',')}`;
}

/** Knows nothing of what ran beside it: all that is certain of a snapshot taken on a standby, whose list of running transactions is empty. */
export function withoutRunning({ xmin }: Snapshot): Snapshot {
  return { xmin, xmax: xmin, running: [] };
}

/**
 * The oldest transaction whose rows `seen` may not have shown and `now` shows. It is the oldest that was running then and is not now, or else the
 * first after `seen`: what is written by one that still runs is not there yet, and a subtransaction, which `running` does not name, is younger
 * than the transaction that it is part of. `now` without its running transactions (see `withoutRunning`) gives an older one at most.
 */
export function horizonOf(seen: Snapshot, now: Pick<Snapshot, 'running'>): bigint {
  const running = new Set(now.running);
  return seen.running.reduce((oldest, id) => (id < oldest && !running.has(id) ? id : oldest), seen.xmax);
}

/** Rows know 32 bits of their transaction's id. Farther back than this they cannot be told from rows of the future. */
const FARTHEST = 2_000_000_000n;
const IDS = 1n << 32n;
/** The ids below have special meanings and are given to no transaction. */
const FIRST_NORMAL = 3n;

/** Which rows a transaction that sees `now` must look at to find those that were written at the horizon or later. */
export type Newer = 'none' | 'all' | { readonly xid: number };

/** Turns a horizon into what can be asked of rows. */
export function newerThan(horizon: bigint, now: Pick<Snapshot, 'xmax'>): Newer {
  if (horizon >= now.xmax) return 'none';
  if (now.xmax - horizon > FARTHEST) return 'all';
  const xid = horizon % IDS;
  return { xid: Number(xid < FIRST_NORMAL ? FIRST_NORMAL : xid) };
}

/** SQL condition for rows of a transaction that is no older than this one. Rows frozen in an earlier round of ids have an age below 0. */
export function newerSql(xid: number): string {
  return `age(xmin) BETWEEN 0 AND (SELECT age('${xid}'::xid))`;
}
