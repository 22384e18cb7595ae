import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import type { Reading } from '../reading.ts';
import { lockUnchanged } from '../unchanged.ts';
import type { Sight } from './coverage.ts';
import { parseSnapshot } from './snapshot.ts';

/** What a transaction that reads a stream finds out before it reads. */
export interface Facts {
  readonly sight: Sight;
  /** Of the table; undefined for a custom query. */
  readonly oid: number | undefined;
  /**
   * Names the table beyond doubt: cluster and timeline, database, table. Ids of transactions mean something only within; a table that was
   * dropped and made again, or a server that was restored, has another.
   */
  readonly source: string;
  /**
   * The file of each table that holds rows, by oid: place and writer of a row can be asked for. Undefined where they cannot:
   * for views, queries and foreign tables, other ways of storage than the heap, and roles that may read some columns only.
   */
  readonly files: ReadonlyMap<string, HeapFile> | undefined;
}

/** The file of one table that holds rows. */
export interface HeapFile {
  readonly schema: string;
  readonly name: string;
  /** Another one means that all rows stand in other places. */
  readonly file: string;
  /** Pages in it now. */
  readonly pages: number;
}

/** Tables that `$1` consists of: itself, its partitions or what inherits from it, at any depth. */
const TREE = `WITH RECURSIVE tree(oid) AS
  (SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)`;

const SIGHT = `SELECT pg_current_snapshot()::text AS snapshot, pg_is_in_recovery() AS standby,
  (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database`;

/** Who may read some columns only may not read those of the system. */
const PARTS = `${TREE} SELECT c.oid::text, n.nspname AS schema, c.relname AS name, pg_relation_filenode(c.oid)::text AS file,
    (CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END / current_setting('block_size')::int)::float8 AS pages, am.amname IS NOT DISTINCT FROM 'heap'
    AND (SELECT bool_and(has_column_privilege($1::oid, name, 'SELECT')) FROM unnest('{tableoid,ctid,xmin}'::text[]) AS name) AS told
  FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam WHERE c.relkind <> 'p'`;

/** The system's number and the timeline that it writes (a standby: that it has replayed). */
const CLUSTER = 'SELECT system_identifier::text AS cluster FROM pg_control_system()';
const TIMELINE = {
  primary: `SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline`,
  standby: `SELECT upper(lpad(to_hex(timeline_id), 8, '0')) AS timeline FROM pg_control_checkpoint()`,
};

/** Locks the relation of a stream (see `lockUnchanged`) and looks at what the transaction of the session can see. */
export async function look(session: Session, reading: Reading): Promise<Facts> {
  const oid = await lockUnchanged(session, reading);
  const { rows } = await session.query(SIGHT);
  const { snapshot, standby, database } = rows[0] ?? {};
  const parsed = parseSnapshot(String(snapshot));
  if (parsed === undefined) throw new Error('The server gave no snapshot');
  const sight: Sight = { snapshot: parsed, onStandby: standby === true };
  const cluster = await ifAllowed(session, CLUSTER, 'cluster');
  const timeline = await ifAllowed(session, standby === true ? TIMELINE.standby : TIMELINE.primary, 'timeline');
  const files = oid === undefined ? undefined : await filesOf(session, oid);
  return { sight, source: [cluster, timeline, String(database), oid ?? '-'].join('.'), oid, files };
}

/** What not every server lets everybody ask: `-` then. */
async function ifAllowed(session: Session, query: string, column: string): Promise<string> {
  await session.query('SAVEPOINT asked');
  try {
    const { rows } = await session.query(query);
    await session.query('RELEASE asked');
    const value = rows[0]?.[column];
    return typeof value === 'string' ? value : '-';
  } catch (error) {
    if (sqlState(error) === undefined) throw error;
    await session.query('ROLLBACK TO asked; RELEASE asked');
    return '-';
  }
}

async function filesOf(session: Session, oid: number): Promise<Facts['files']> {
  const { rows } = await session.query(PARTS, [oid]);
  if (rows.some((row) => row['told'] !== true)) return undefined;
  return new Map(
    rows.map((row) => {
      const file = {
        schema: String(row['schema']),
        name: String(row['name']),
        file: String(row['file']),
        pages: Number(row['pages']),
      };
      return [String(row['oid']), file];
    }),
  );
}

const JOINED = `WITH RECURSIVE tree(oid, joined) AS
  (SELECT $1::oid, false UNION SELECT i.inhrelid, tree.joined OR age(i.xmin) BETWEEN 0 AND age($2::xid)
   FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
  SELECT DISTINCT oid::text FROM tree WHERE joined`;

/**
 * The tables that were attached to a partitioned table (or made to inherit from it) by a transaction that is no older than this one. Their rows may be older,
 * and were not to be seen all the same.
 */
export async function joinedSince(session: Session, oid: number, xid: number): Promise<readonly string[]> {
  const { rows } = await session.query(JOINED, [oid, String(xid)]);
  return rows.map((row) => String(row['oid']));
}
