import { setTimeout as sleep } from 'node:timers/promises';
import type { TableReference } from '../../../clients/bigquery/resources.ts';
import type { Log } from '../../../singer/index.ts';

/** BigQuery takes five changes of a table within ten seconds: https://cloud.google.com/bigquery/quotas#standard_tables */
export const CHANGES = 5;
export const WINDOW_MS = 10_000;

/** Load jobs that one table takes in a day: https://cloud.google.com/bigquery/quotas#load_jobs */
export const TABLE_JOBS = 1500;
/** From so many on it is told. */
const MANY_JOBS = 1000;
const DAY_MS = 86_400_000;

export interface PaceOptions {
  /** Changes of one table within `WINDOW_MS`; Infinity: any number. */
  readonly most: number;
  readonly log: Log;
  /** Ends a wait. */
  readonly signal: AbortSignal;
  /** In ms; for tests. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

/** When a change was done, or may begin. */
interface Turn {
  at: number;
}

interface Changed {
  /** The last ones, as many as count. */
  readonly turns: Turn[];
  loads: number;
  /** When they began to be counted. */
  since: number;
}

/** Lets a table be changed no faster than BigQuery takes it, and counts its load jobs. Each table has its own turn. */
export class Pace {
  readonly #o: PaceOptions;
  readonly #byTable = new Map<string, Changed>();

  constructor(options: PaceOptions) {
    this.#o = options;
  }

  /** Changes a table (makes it, patches it, alters it) when its turn has come. */
  async change<T>(table: TableReference, work: () => Promise<T>): Promise<T> {
    const { log, most } = this.#o;
    if (most === Infinity) return work();
    const { turns } = this.#of(table);
    const now = this.#now();
    const before = turns.length < most ? undefined : turns[turns.length - most];
    const turn = { at: Math.max(now, before === undefined ? 0 : before.at + WINDOW_MS) };
    this.#take(turns, turn);
    if (turn.at > now) {
      const facts = { dataset: table.datasetId, table: table.tableId, wait_ms: turn.at - now };
      log.info(`A table takes ${most} changes in ten seconds: the next one waits`, facts);
      await this.#wait(turn.at - now);
    }
    try {
      return await work();
    } finally {
      // When BigQuery has counted it is known only by then.
      turn.at = this.#now();
    }
  }

  /** A statement has changed rows: that is not held up, and counts for what comes after it. */
  rowsChanged(table: TableReference): void {
    if (this.#o.most !== Infinity) this.#take(this.#of(table).turns, { at: this.#now() });
  }

  /** The same as `change` for a load job, of which a table takes a number in a day, too. */
  async load<T>(table: TableReference, work: () => Promise<T>): Promise<T> {
    const changed = this.#of(table);
    if (this.#now() - changed.since >= DAY_MS) Object.assign(changed, { loads: 0, since: this.#now() });
    if (++changed.loads === MANY_JOBS) {
      this.#o.log.warn(`This run has handed in ${MANY_JOBS} load jobs for one table within a day; it takes ${TABLE_JOBS}`, {
        dataset: table.datasetId,
        table: table.tableId,
        hint: 'Raise load_interval_seconds or load_size_bytes, so that fewer jobs are needed.',
      });
    }
    return this.change(table, work);
  }

  #take(turns: Turn[], turn: Turn): void {
    turns.push(turn);
    if (turns.length > this.#o.most) turns.shift();
  }

  #of({ datasetId, tableId }: TableReference): Changed {
    const key = `${datasetId}.${tableId}`;
    const changed = this.#byTable.get(key) ?? { turns: [], loads: 0, since: this.#now() };
    this.#byTable.set(key, changed);
    return changed;
  }

  #now(): number {
    return (this.#o.now ?? Date.now)();
  }

  async #wait(ms: number): Promise<void> {
    const { signal, wait } = this.#o;
    if (wait !== undefined) return wait(ms);
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
