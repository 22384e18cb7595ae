import type { Rows, Session } from '../../../clients/postgres/connect.ts';
import { ifAllowed } from '../if-allowed.ts';
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
  /**
   * A file is another one than the transaction sees: it was written anew in between. After a TRUNCATE the transaction sees neither the rows from before
   * nor those from after it.
   */
  readonly rewritten: boolean;
}

/** The file of one table that holds rows. */
export interface HeapFile {
  readonly schema: string;
  readonly name: string;
  /** Another one means that all rows stand in other places. */
  readonly file: string;
  /** Pages in it now. */
  readonly pages: number;
  /** Bytes of it and of what is stored out of line (TOAST). */
  readonly bytes: number;
}

const SIGHT = `SELECT pg_current_snapshot()::text AS snapshot, pg_is_in_recovery() AS standby,
  (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database`;

/**
 * What a table consists of: itself, its partitions or what inherits from it, at any depth. Who may read some columns only may not read those of the
 * system. A materialized view shows what is in its newest file to everybody.
 */
const partsSql = (table: string): string => `WITH RECURSIVE tree(oid) AS
  (SELECT ${table}::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid) SELECT c.oid::text, n.nspname AS schema, c.relname AS name, pg_relation_filenode(c.oid)::text AS file,
    c.relkind = 'r' AND c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid) AS rewritten,
    (size.heap / current_setting('block_size')::int)::float8 AS pages, (size.heap + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0))::float8 AS bytes,
    am.amname IS NOT DISTINCT FROM 'heap'
    AND (SELECT bool_and(has_column_privilege(${table}::oid, name, 'SELECT')) FROM unnest('{tableoid,ctid,xmin}'::text[]) AS name) AS told
  FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
    CROSS JOIN LATERAL (SELECT CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END AS heap) size
  WHERE c.relkind <> 'p'`;

/** The system's number. */
const CLUSTER = '(SELECT system_identifier::text FROM pg_control_system())';
/** The timeline that it writes; a standby's is the one that it has replayed. */
const TIMELINE = {
  primary: 'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)',
  standby: "(SELECT upper(lpad(to_hex(timeline_id), 8, '0')) FROM pg_control_checkpoint())",
};

/** Locks the relation of a stream (see `lockUnchanged`) and looks at what the transaction of the session can see. */
export async function look(session: Session, reading: Reading): Promise<Facts> {
  const { oid, answers } = await lockUnchanged(session, reading, (table) => [
    SIGHT,
    ...(table === undefined ? [] : [partsSql(table)]),
  ]);
  const [[{ snapshot, standby, database } = {}] = [], parts = []] = answers;
  const parsed = parseSnapshot(String(snapshot));
  if (parsed === undefined) throw new Error('The server gave no snapshot');
  const sight: Sight = { snapshot: parsed, onStandby: standby === true };
  const [cluster, timeline] = await eachIfAllowed(session, [CLUSTER, standby === true ? TIMELINE.standby : TIMELINE.primary]);
  return {
    sight,
    source: [cluster ?? '-', timeline ?? '-', database, oid ?? '-'].map(String).join('.'),
    oid,
    files: oid === undefined ? undefined : filesOf(parts),
    rewritten: parts.some((part) => part['rewritten'] === true),
  };
}

/** What SQL expressions give; undefined where the server lets nobody ask. All at once, and one by one where it refuses that. */
async function eachIfAllowed(session: Session, expressions: readonly string[]): Promise<readonly unknown[]> {
  const asked = async (some: readonly string[]): Promise<readonly unknown[] | undefined> => {
    const rows = await ifAllowed(session, `SELECT ${some.map((expression, index) => `${expression} AS v${index}`).join(', ')}`);
    return rows && some.map((_, index) => rows[0]?.[`v${index}`]);
  };
  const all = await asked(expressions);
  if (all !== undefined) return all;
  const found: unknown[] = [];
  for (const expression of expressions) found.push((await asked([expression]))?.[0]);
  return found;
}

function filesOf(parts: Rows): Facts['files'] {
  if (parts.some((part) => part['told'] !== true)) return undefined;
  return new Map(
    parts.map((part) => {
      const file = {
        schema: String(part['schema']),
        name: String(part['name']),
        file: String(part['file']),
        pages: Number(part['pages']),
        bytes: Number(part['bytes']),
      };
      return [String(part['oid']), file];
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
