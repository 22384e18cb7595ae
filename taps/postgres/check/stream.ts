import type { Session } from '../../../clients/postgres/connect.ts';
import type { Finding } from '../../../singer/tap/index.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { incrementalOf } from '../incremental/read.ts';
import { begin } from '../incremental/start.ts';
import type { TableKind } from '../model.ts';
import { type Reading, wayOf } from '../reading.ts';
import { xminQueries } from '../xmin/read.ts';
import { lockUnchanged } from '../unchanged.ts';

/** Kinds of relations that can have an index. */
const INDEXED: ReadonlySet<TableKind | undefined> = new Set(['table', 'partitioned table', 'materialized view']);

type Told = Pick<Finding, 'ok' | 'detail' | 'hint'>;

/** Whether a stream can be read as asked, its size, and what a run by its replication key costs. Throws what the reading would. */
export async function streamFinding(reading: Reading, session: Session): Promise<Told> {
  const { request } = reading;
  const { oid } = await lockUnchanged(session, reading);
  const size = await sizeOf(reading, session, oid);
  const unreadable = reading.relation.columns.filter((column) => !column.readable).map(({ name }) => name);
  const without = unreadable.length === 0 ? '' : `, without ${unreadable.join(', ')} (no right to read)`;
  const told = (detail: string, hint?: string): Told => ({
    ok: true,
    detail: `${request.method}${detail}, ${size}${without}`,
    ...(hint === undefined ? {} : { hint }),
  });
  switch (wayOf(reading)) {
    case 'incremental':
      return incremental(reading, session, told);
    case 'xmin':
      await xminQueries(reading, session);
      return told(' by xmin');
    case 'window':
      return told(' in a window');
    default:
      return told('');
  }
}

async function incremental(reading: Reading, session: Session, told: (detail: string, hint?: string) => Told): Promise<Told> {
  const { config } = reading;
  const stream = incrementalOf(reading);
  const { facts } = await begin(stream, session, reading.request.bookmark);
  const key = stream.key.name;
  const index = await indexOn(session, facts.oid, key);
  const hints: string[] = [];
  if (INDEXED.has(reading.relation.table?.kind) && index === undefined) {
    hints.push(
      `No index begins with ${key}: each run reads and sorts the table. CREATE INDEX ON ${reading.relation.sql} (${ident(key)}).`,
    );
  }
  if (config.late_commits === 'find' && facts.files === undefined && config.lookback === undefined) {
    hints.push('Rows do not tell when they were committed: set lookback, or late commits are missed.');
  }
  const by = ` by ${key}${index === undefined ? '' : ` (index ${index})`}`;
  return told(by, hints.length === 0 ? undefined : hints.join(' '));
}

const INDEX = `SELECT i.indexrelid::regclass::text AS name FROM pg_index i
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
  WHERE i.indrelid = $1::oid AND a.attname = $2 AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree' ORDER BY i.indnatts, 1 LIMIT 1`;

async function indexOn(session: Session, oid: number | undefined, column: string): Promise<string | undefined> {
  const { rows } = oid === undefined ? { rows: [] } : await session.query(INDEX, [oid, column]);
  const name = rows[0]?.['name'];
  return typeof name === 'string' ? name : undefined;
}

const SIZE = `SELECT pg_size_pretty(COALESCE((SELECT sum(pg_table_size(relid)) FROM pg_partition_tree($1::oid)), pg_table_size($1::oid))) AS size`;

async function sizeOf({ relation }: Reading, session: Session, oid: number | undefined): Promise<string> {
  const kind = relation.table?.kind;
  if (oid === undefined || kind === 'view' || kind === 'foreign table') return `rows not counted (${kind ?? 'query'})`;
  const { rows } = await session.query(SIZE, [oid]);
  const count = relation.table?.rows ?? 0;
  return `${count > 0 ? `about ${Math.round(count).toLocaleString('en')} rows` : 'rows not counted yet (ANALYZE)'}, ${String(rows[0]?.['size'])}`;
}
