import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import { SystemError } from '../../../singer/index.ts';
import { createSchema, lockKey } from '../tables/tables.ts';

/** Where the newest state of each pipeline is kept: one row per `state_id`, its value as the JSON text that came. */
export interface StateTable {
  readonly schema: string;
  readonly table: string;
}

/** `state_table` as configured: `table` or `schema.table`; undefined if none is to be kept. */
export function stateTable(setting: string, schema: string): StateTable | undefined {
  if (setting === '') return undefined;
  const dot = setting.indexOf('.');
  return dot < 0 ? { schema, table: setting } : { schema: setting.slice(0, dot), table: setting.slice(dot + 1) };
}

async function exists(session: Session, { schema, table }: StateTable): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, table],
  );
  return rows.length > 0;
}

// `json`, not `jsonb`: it keeps the text as it came, numbers and the order of members included.
const COLUMNS = 'state_id text PRIMARY KEY, state json NOT NULL, updated_at timestamptz NOT NULL';

/** Makes the state table where it is missing. */
export function ensureStateTable(session: Session, place: StateTable): Promise<void> {
  return ensureOwnTable(session, place, COLUMNS);
}

/** Makes a table of our own where it is missing, one run at a time: IF NOT EXISTS alone fails when two do it at once. */
export async function ensureOwnTable(session: Session, place: StateTable, columns: string): Promise<void> {
  if (await exists(session, place)) return;
  await session.query('SELECT pg_advisory_xact_lock($1::bigint)', [lockKey(place.schema, place.table)]);
  await createSchema(session, place.schema);
  await session.query(`CREATE TABLE IF NOT EXISTS ${qualified(place.schema, place.table)} (${columns})`);
}

/**
 * Waits until no transaction of a run with this state is under way, and keeps new ones out until ours ends: the COMMIT of a run
 * that was just killed may still be on its way through the server, and a state read before it would be behind the rows.
 */
export async function lockState(session: Session, table: StateTable, id: string): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock($1::bigint)', [stateKey(table, id)]);
}

function stateKey({ schema, table }: StateTable, id: string): string {
  return lockKey(`${schema}.${table}`, id);
}

/** The state of a pipeline as one line of JSON; undefined if there is none. */
export async function readState(session: Session, table: StateTable, id: string): Promise<string | undefined> {
  if (!(await exists(session, table))) return undefined;
  const { rows } = await session.query(
    `SELECT state::text AS state FROM ${qualified(table.schema, table.table)} WHERE state_id = $1`,
    [id],
  );
  const text = rows[0]?.['state'];
  return typeof text === 'string' ? text : undefined;
}

/** Throws SystemError `state-not-json` for a state with NaN or Infinity, which Python's json module writes. */
export async function writeState(session: Session, { schema, table }: StateTable, id: string, state: string): Promise<void> {
  try {
    await session.query(
      `INSERT INTO ${qualified(schema, table)} AS s (state_id, state, updated_at) VALUES ($1, $2, now())
     ON CONFLICT (state_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
      [id, state],
    );
  } catch (error) {
    if (sqlState(error) !== NO_JSON) throw error;
    throw new SystemError('A STATE cannot be stored: it holds NaN or Infinity, which JSON does not have', {
      code: 'state-not-json',
      facts: { state_table: `${schema}.${table}` },
      hint: 'See why the tap has such a bookmark. With state_table empty, states are only printed, as they came.',
    });
  }
}

const NO_JSON = '22P02';

export async function clearState(session: Session, table: StateTable, id: string): Promise<void> {
  if (!(await exists(session, table))) return;
  await session.query(`DELETE FROM ${qualified(table.schema, table.table)} WHERE state_id = $1`, [id]);
}

/** The newest state on its way into the table: written in the transaction that makes it true. */
export class StateKeeper {
  /** The newest state that the next commit brings up to date; undefined if none waits. */
  newest: string | undefined;
  readonly #table: StateTable | undefined;
  readonly #id: string;
  #ready = false;

  constructor(table: StateTable | undefined, id: string) {
    this.#table = table;
    this.#id = id;
  }

  /** True when a state waits and the table has not been seen yet. */
  get isMissing(): boolean {
    return this.#table !== undefined && this.newest !== undefined && !this.#ready;
  }

  /** The table may be gone. */
  forget(): void {
    this.#ready = false;
  }

  async ensure(session: Session): Promise<void> {
    if (this.#table === undefined || !this.isMissing) return;
    await ensureStateTable(session, this.#table);
    this.#ready = true;
  }

  /** To be called where a transaction begins: who asks for the state then waits for its end. Runs do not wait for each other. */
  async hold(session: Session): Promise<void> {
    if (this.#table === undefined) return;
    await session.query('SELECT pg_advisory_xact_lock_shared($1::bigint)', [stateKey(this.#table, this.#id)]);
  }

  async write(session: Session): Promise<void> {
    if (this.#table === undefined || this.newest === undefined) return;
    await this.ensure(session);
    await writeState(session, this.#table, this.#id, this.newest);
  }

  committed(): void {
    this.newest = undefined;
  }
}
