import type { TableColumn, TableKind } from '../model.ts';
import type { TableFacts } from './facts.ts';
import { keyColumns } from './keys.ts';
import type { ColumnRow, IndexRow, LeafRow, TableRow } from './queries.ts';
import type { Types } from './types.ts';

const KINDS: Readonly<Record<TableRow['relkind'], TableKind>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

const IDENTITIES: Readonly<Record<TableRow['identity'], TableFacts['replicaIdentity']>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
};

/** Where TimescaleDB keeps the parts of a table; unlike tables that inherit, they cannot share a key. */
const CHUNKS = '_timescaledb_internal';

/** What the rows of the two queries say of a table. Pure. */
export function tableOf(row: TableRow, types: Types): TableFacts {
  const columns = listed(row.columns) as readonly ColumnRow[];
  const indexes = listed(row.indexes) as readonly IndexRow[];
  const byNumber = new Map(columns.map((column) => [column[0], column]));
  const nameOf = (attnum: number): string => byNumber.get(attnum)![1];
  const parts = listed(row.leaves) as readonly LeafRow[];
  // A key holds within one table: those that inherit from it may have rows with the same one.
  const inherited = row.relkind === 'r' && parts.some(([, schema], at) => at > 0 && schema !== CHUNKS);
  const keys = inherited ? [] : keyColumns(indexes, (attnum) => byNumber.get(attnum)![5]);
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    kind: KINDS[row.relkind],
    columns: columns.map((column) => columnOf(column, types)),
    keys: keys.map(nameOf),
    pages: row.pages,
    rows: row.rows,
    parent: parts.length > 0,
    leaves: leavesOf(parts),
    isPartition: row.partition,
    bytes: row.pages * row.block,
    indexed: new Set(indexes.flatMap(([, [first], , , , sorted]) => (sorted && first !== undefined ? [nameOf(first)] : []))),
    orderable: new Set(columns.flatMap(([, name, oid, modifier]) => (types.isOrderable(oid, modifier) ? [name] : []))),
    replicaIdentity: IDENTITIES[row.identity],
    publications: row.publications ?? [],
    rowSecurity: row.security,
    ...(row.comment === null ? {} : { comment: row.comment }),
  };
}

function listed(json: string | null): unknown {
  return json === null ? [] : JSON.parse(json);
}

/** Only all of them together give the rows of the whole. */
function leavesOf(parts: readonly LeafRow[]): TableFacts['leaves'] {
  if (!parts.every(([, , , , alike]) => alike)) return [];
  return parts.map(([oid, schema, name, foreign]) => ({ oid, schema, name, ...(foreign ? { foreign } : {}) }));
}

function columnOf(row: ColumnRow, types: Types): TableColumn {
  const [, name, oid, modifier, dimensions, notNull, generated, identity, hasDefault, readable, comment] = row;
  return {
    name,
    type: types.of(oid, modifier, dimensions),
    notNull,
    readable,
    ...(comment === null ? {} : { comment }),
    ...(generated ? { generated } : {}),
    ...(identity ? { identity } : {}),
    ...(hasDefault ? { hasDefault } : {}),
  };
}
