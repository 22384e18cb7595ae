import type { Session } from '../../../clients/postgres/connect.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import { ensureOwnTable, type StateTable } from '../state/state.ts';

export const LOG_TABLE = 'erasure_log';

/** No table: the request has met no row so far. */
const PENDING = '';

const COLUMNS = `request text, table_name text, requests_stream text NOT NULL, rows bigint NOT NULL, marks text[] NOT NULL,
  first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, names text[] NOT NULL DEFAULT '{}', PRIMARY KEY (request, table_name)`;

/** What the log says of requests. */
export interface Logged {
  /** Those that have met rows, by hash. */
  readonly done: ReadonlySet<string>;
  /** What rows were when they were erased. */
  readonly marks: ReadonlySet<string>;
  /** By request: the names that were found with its address, sealed. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/**
 * The audit of erasures, a table beside the data: for each request (a hash) and table the rows that were erased, and when; a request
 * that has met none has one row without a table. The rows of a request that names an address alone keep the ids that the address led to, sealed:
 * once it is erased, no row leads to them any more. Written in the transaction that erases.
 */
export class ErasureLog {
  readonly #place: StateTable;

  constructor(schema: string) {
    this.#place = { schema, table: LOG_TABLE };
  }

  async ensure(session: Session): Promise<void> {
    await ensureOwnTable(session, this.#place, COLUMNS);
  }

  async read(session: Session): Promise<Logged> {
    const { rows } = await session.query(
      `SELECT DISTINCT request AS v, 'r' AS kind, NULL AS of FROM ${this.#table} WHERE table_name <> $1
       UNION ALL SELECT DISTINCT unnest(marks), 'm', NULL FROM ${this.#table} UNION ALL SELECT DISTINCT unnest(names), 'n', request FROM ${this.#table}`,
      [PENDING],
    );
    const of = (kind: string): Set<string> => new Set(rows.filter((row) => row['kind'] === kind).map((row) => String(row['v'])));
    const names = new Map<string, string[]>();
    for (const { kind, of: request, v } of rows) {
      if (kind === 'n') names.set(String(request), [...(names.get(String(request)) ?? []), String(v)]);
    }
    return { done: of('r'), marks: of('m'), names };
  }

  /** Adds rows of a table that were erased for a request, and what its rows are now. */
  async add(
    session: Session,
    o: { request: string; table: string; stream: string; rows: number; marks: readonly string[] },
  ): Promise<void> {
    await session.query(
      `INSERT INTO ${this.#table} AS l (request, table_name, requests_stream, rows, marks, first_at, last_at) VALUES ($1, $2, $3, $4, $5, now(), now())
       ON CONFLICT (request, table_name) DO UPDATE SET rows = l.rows + excluded.rows, marks = excluded.marks, last_at = excluded.last_at`,
      [o.request, o.table, o.stream, o.rows, o.marks],
    );
    await session.query(`DELETE FROM ${this.#table} WHERE request = $1 AND table_name = $2`, [o.request, PENDING]);
  }

  /** Adds names that were found with a request's address, sealed, to its rows. */
  async learn(session: Session, request: string, names: readonly string[]): Promise<void> {
    await session.query(`UPDATE ${this.#table} SET names = names || $2::text[] WHERE request = $1`, [request, names]);
  }

  /** Notes requests that have met no row. */
  async pend(session: Session, requests: readonly string[], stream: string): Promise<void> {
    await session.query(
      `INSERT INTO ${this.#table} (request, table_name, requests_stream, rows, marks, first_at, last_at)
       SELECT r, $2, $3, 0, '{}', now(), now() FROM unnest($1::text[]) AS r ON CONFLICT (request, table_name) DO NOTHING`,
      [requests, PENDING, stream],
    );
  }

  get #table(): string {
    return qualified(this.#place.schema, this.#place.table);
  }
}
