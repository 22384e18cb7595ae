import type { Session } from '../../../clients/postgres/connect.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import { hasNonFinite, isJsonObject, parseLenient, stringifyExact, type TargetRun } from '../../../singer/index.ts';
import { ensureOwnTable, type StateTable } from './state.ts';
import type { Counts } from '../methods/tally.ts';

export const LEDGER_TABLE = '_singer_loads';

/** What one part adds to its stream's row. */
interface Entry {
  readonly stream: string;
  readonly rows: number;
  readonly bytes: number;
  /** The version that became the only one. */
  readonly version: number | undefined;
}

const COLUMNS = `run_id text, stream text, state_id text NOT NULL, table_name text NOT NULL, loader text NOT NULL, status text NOT NULL,
  rows bigint NOT NULL, bytes bigint NOT NULL, inserted bigint NOT NULL, updated bigint NOT NULL, unchanged bigint NOT NULL, deleted bigint NOT NULL,
  table_version bigint, first_bookmark json, last_bookmark json, attempts integer NOT NULL,
  started_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, finished_at timestamptz, PRIMARY KEY (run_id, stream)`;

/**
 * The load ledger: one row per run and stream, written in the transactions that load, so that it tells what is really there. A run_id that
 * comes again (a run that was repeated) adds to its rows and counts as another attempt.
 */
export class Ledger {
  readonly #place: StateTable;
  readonly #run: Pick<TargetRun, 'name' | 'version' | 'runId' | 'startedAt' | 'log'>;
  readonly #stateId: string;
  /** The table of each stream that was opened. */
  readonly #tables = new Map<string, string>();
  /** Streams whose row this process has made or taken over. */
  readonly #begun = new Set<string>();
  #pending: Entry[] = [];
  #ready = false;

  constructor(schema: string, stateId: string, run: TargetRun) {
    this.#place = { schema, table: LEDGER_TABLE };
    this.#stateId = stateId;
    this.#run = run;
  }

  /** True when the table has not been seen yet. */
  get isMissing(): boolean {
    return !this.#ready;
  }

  /** The table may be gone. */
  forget(): void {
    this.#ready = false;
  }

  /** To be called when a stream is announced. */
  open(stream: string, table: string): void {
    this.#tables.set(stream, table);
  }

  add(entry: Entry): void {
    this.#pending.push(entry);
  }

  /** The place to come back to with `undo` when the work is tried again. */
  get mark(): number {
    return this.#pending.length;
  }

  undo(mark: number): void {
    this.#pending.length = mark;
  }

  /** Makes the table where it is missing; says when the run_id is not new. */
  async ensure(session: Session): Promise<void> {
    if (this.#ready) return;
    const table = qualified(this.#place.schema, this.#place.table);
    await ensureOwnTable(session, this.#place, COLUMNS);
    const { rows } = await session.query(`SELECT max(attempts) AS attempts FROM ${table} WHERE run_id = $1`, [this.#run.runId]);
    if (typeof rows[0]?.['attempts'] === 'number' && this.#begun.size === 0)
      this.#run.log.warnOnce('repeated run', 'The run_id is in the load ledger already: what this run loads is added to it', {
        run_id: this.#run.runId,
        attempts: rows[0]['attempts'],
      });
    this.#ready = true;
  }

  /** Writes what the transaction has loaded, just before its commit. `countsOf` tells what became of a stream's records in it. */
  async write(session: Session, state: string | undefined, countsOf: (stream: string) => Counts): Promise<void> {
    await this.ensure(session);
    const bookmarks = bookmarksOf(state);
    for (const stream of new Set(this.#pending.map((entry) => entry.stream))) {
      const entries = this.#pending.filter((entry) => entry.stream === stream);
      await this.#upsert(session, stream, entries, countsOf(stream), bookmarks[stream]);
    }
  }

  /** Closes the rows of all streams; those that sent nothing get one now. */
  async complete(session: Session): Promise<void> {
    await this.ensure(session);
    for (const stream of this.#tables.keys())
      if (!this.#begun.has(stream)) await this.#upsert(session, stream, [], {}, undefined);
    await session.query(
      `UPDATE ${qualified(this.#place.schema, this.#place.table)} SET status = 'complete', finished_at = now() WHERE run_id = $1 AND stream = ANY ($2)`,
      [this.#run.runId, [...this.#tables.keys()]],
    );
  }

  committed(): void {
    for (const { stream } of this.#pending) this.#begun.add(stream);
    this.#pending = [];
  }

  async #upsert(
    session: Session,
    stream: string,
    entries: readonly Entry[],
    counts: Counts,
    bookmark: string | undefined,
  ): Promise<void> {
    const { name, version, runId, startedAt } = this.#run;
    const sum = (of: (entry: Entry) => number): number => entries.reduce((total, entry) => total + of(entry), 0);
    await session.query(
      `INSERT INTO ${qualified(this.#place.schema, this.#place.table)} AS l (run_id, stream, state_id, table_name, loader, status, rows, bytes,
         inserted, updated, unchanged, deleted, table_version, first_bookmark, last_bookmark, attempts, started_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, 'loading', $6, $7, $8, $9, $10, $11, $12, $13, $13, 1, $14, now())
       ON CONFLICT (run_id, stream) DO UPDATE SET state_id = excluded.state_id, table_name = excluded.table_name, loader = excluded.loader,
         status = 'loading', finished_at = NULL, rows = l.rows + excluded.rows, bytes = l.bytes + excluded.bytes,
         inserted = l.inserted + excluded.inserted, updated = l.updated + excluded.updated, unchanged = l.unchanged + excluded.unchanged,
         deleted = l.deleted + excluded.deleted, table_version = coalesce(excluded.table_version, l.table_version),
         first_bookmark = coalesce(l.first_bookmark, excluded.first_bookmark), last_bookmark = coalesce(excluded.last_bookmark, l.last_bookmark),
         attempts = l.attempts + $15, updated_at = excluded.updated_at`,
      [
        runId,
        stream,
        this.#stateId,
        this.#tables.get(stream) ?? '',
        `${name} ${version}`,
        sum(({ rows }) => rows),
        sum(({ bytes }) => bytes),
        (counts.appended ?? 0) + (counts.inserted ?? 0) + (counts.replaced ?? 0),
        counts.updated ?? 0,
        counts.unchanged ?? 0,
        (counts.deleted ?? 0) + (counts.marked ?? 0),
        entries.findLast((entry) => entry.version !== undefined)?.version ?? null,
        bookmark ?? null,
        startedAt,
        this.#begun.has(stream) ? 0 : 1,
      ],
    );
  }
}

/** The bookmark of each stream that a state has, as JSON text with its numbers as they came; none of a state that is no JSON (NaN). */
function bookmarksOf(state: string | undefined): Readonly<Record<string, string>> {
  const value = state === undefined ? undefined : parseLenient(state);
  if (hasNonFinite(value)) return {};
  const bookmarks = isJsonObject(value) ? value['bookmarks'] : undefined;
  if (!isJsonObject(bookmarks)) return {};
  return Object.fromEntries(Object.entries(bookmarks).map(([stream, bookmark]) => [stream, stringifyExact(bookmark ?? null)]));
}
