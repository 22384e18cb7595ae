import type { Session } from '../../../clients/postgres/connect.ts';

/** A column as the server's catalog has it. */
export interface ExistingColumn {
  readonly name: string;
  /** `pg_type.typname` of its type, or of the type below a domain. */
  readonly base: string;
  /** That type as DDL, with its schema and without a size. */
  readonly plain: string;
  /** `atttypmod`; -1 for none. */
  readonly modifier: number;
  /** Its type as DDL. */
  readonly sql: string;
  readonly notNull: boolean;
  /** Has a default or an identity, so that it may be left out. */
  readonly fills: boolean;
  readonly generated: boolean;
  /** GENERATED ALWAYS AS IDENTITY: takes a value only when it is insisted on, and never another one later. */
  readonly numbered: boolean;
  /** The column that this one stands beside, for values of another type: see `settle`. */
  readonly variantOf: string | undefined;
}

/** A unique index over plain columns of all rows. */
export interface UniqueIndex {
  readonly name: string;
  /** It belongs to a constraint of the same name. */
  readonly constraint: boolean;
  readonly columns: readonly string[];
  readonly primary: boolean;
  /** NULLS NOT DISTINCT, which is how we make a key that may hold nulls. */
  readonly nullsEqual: boolean;
}

export interface ExistingTable {
  readonly oid: number;
  /** `r` table, `p` partitioned table; anything else cannot be loaded into. */
  readonly kind: string;
  /** The stream that the table was made for; undefined if we did not make it. */
  readonly stream: string | undefined;
  readonly columns: ReadonlyMap<string, ExistingColumn>;
  readonly uniques: readonly UniqueIndex[];
}

const FIND_TABLE = 'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2';

// The name of a column that not every supported version has is read through to_jsonb; json_agg gives one row per table.
const READ_TABLE = `
SELECT c.oid::int8 AS oid, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment,
  (SELECT json_agg(json_build_object(
      'name', a.attname, 'base', coalesce(b.typname, t.typname), 'plain', format('%I.%I', coalesce(bn.nspname, tn.nspname), coalesce(b.typname, t.typname)), 'sql', format_type(a.atttypid, a.atttypmod),
      'modifier', CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END,
      'notNull', a.attnotnull, 'fills', a.atthasdef OR a.attidentity <> '', 'generated', a.attgenerated <> '',
      'numbered', a.attidentity = 'a', 'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
      LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype LEFT JOIN pg_namespace bn ON bn.oid = b.typnamespace
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT json_agg(json_build_object('name', x.relname, 'primary', i.indisprimary,
      'constraint', EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')),
      'nullsEqual', coalesce((to_jsonb(i)->>'indnullsnotdistinct')::boolean, false), 'columns',
      (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))))
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL) AS uniques
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2`;

/** What the catalog says of a table; undefined if there is none. */
export async function readTable(session: Session, schema: string, table: string): Promise<ExistingTable | undefined> {
  // To plan the long query takes the server some milliseconds, and most tables of a first run are not there.
  if ((await session.query(FIND_TABLE, [schema, table])).rows.length === 0) return undefined;
  const { rows } = await session.query(READ_TABLE, [schema, table]);
  const row = rows[0];
  if (row === undefined) return undefined;
  const columns = (row['columns'] ?? []) as (ExistingColumn & { readonly comment: unknown })[];
  return {
    oid: Number(row['oid']),
    kind: String(row['kind']),
    stream: quotedIn(TABLE_COMMENT, row['comment']),
    columns: new Map(
      columns.map(({ comment, ...column }) => [column.name, { ...column, variantOf: quotedIn(VARIANT_COMMENT, comment) }]),
    ),
    uniques: (row['uniques'] ?? []) as UniqueIndex[],
  };
}

/** The schema that unqualified names go to. */
export async function currentSchema(session: Session): Promise<string> {
  const { rows } = await session.query('SELECT current_schema() AS name');
  const name = rows[0]?.['name'];
  return typeof name === 'string' ? name : 'public';
}

const TABLE_COMMENT = /^singer stream (".*")$/s;
const VARIANT_COMMENT = /^singer variant of (".*")$/s;

/** The table comment that tells which stream a table belongs to. */
export function commentFor(stream: string): string {
  return `singer stream ${JSON.stringify(stream)}`;
}

/** The comment that tells which column a variant stands beside. */
export function variantComment(column: string): string {
  return `singer variant of ${JSON.stringify(column)}`;
}

/** The name in a comment of ours; undefined in any other. */
function quotedIn(pattern: RegExp, comment: unknown): string | undefined {
  const match = typeof comment === 'string' ? pattern.exec(comment) : null;
  if (match === null) return undefined;
  try {
    return String(JSON.parse(match[1]!));
  } catch {
    // Somebody's own words that begin like ours.
    return undefined;
  }
}
