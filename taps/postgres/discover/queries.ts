/**
 * The two queries of discovery, whatever the number of tables. What belongs to a table comes as the text of JSON, which takes
 * little room until the table is looked at. Their sources are the system catalogs of the manual, part VII.
 */

/** One row of `TABLES`. */
export interface TableRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly relkind: 'r' | 'p' | 'v' | 'm' | 'f';
  readonly partition: boolean;
  readonly identity: 'd' | 'n' | 'f' | 'i';
  readonly security: boolean;
  readonly pages: number;
  readonly rows: number;
  readonly block: number;
  readonly comment: string | null;
  /** JSON of ColumnRow[]. */
  readonly columns: string | null;
  /** JSON of IndexRow[]. */
  readonly indexes: string | null;
  /** JSON of LeafRow[]; null where nothing else is read with the table. */
  readonly leaves: string | null;
  readonly publications: readonly string[] | null;
}

export type ColumnRow = readonly [
  attnum: number,
  name: string,
  type: number,
  modifier: number,
  dimensions: number,
  notNull: boolean,
  generated: boolean,
  identity: boolean,
  hasDefault: boolean,
  readable: boolean,
  comment: string | null,
];

export type IndexRow = readonly [
  name: string,
  columns: readonly number[],
  primary: boolean,
  unique: boolean,
  identity: boolean,
  sorted: boolean,
];

/** `alike`: reading it by itself gives the rows that it gives as a part of the whole. */
export type LeafRow = readonly [oid: number, schema: string, name: string, foreign: boolean, alike: boolean];

/**
 * The tables, in the order of their names.
 * $1 `pg_class.relkind`s of what is no partition, $2 schemas (null: all but the system's), $3 patterns of which a table must match one (null: all), $4 patterns that
 * leave it out, $5 whether partitions are listed beside their parents.
 */
export const TABLES = `
WITH rel AS MATERIALIZED (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, c.relpages, c.reltuples, c.relreplident, c.relhassubclass,
    has_schema_privilege(n.oid, 'USAGE') AS reachable, has_table_privilege(c.oid, 'SELECT') AS readable
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND CASE WHEN c.relispartition THEN $5::bool ELSE c.relkind::text = ANY ($1::text[]) END
    AND CASE WHEN $2::text[] IS NULL THEN n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ELSE n.nspname = ANY ($2) END
    AND ($3::text[] IS NULL OR c.relname ~ ANY ($3) OR n.nspname || '.' || c.relname ~ ANY ($3) OR n.nspname || '-' || c.relname ~ ANY ($3))
    AND NOT (c.relname ~ ANY ($4::text[]) OR n.nspname || '.' || c.relname ~ ANY ($4) OR n.nspname || '-' || c.relname ~ ANY ($4))
), unproven AS MATERIALIZED (
  -- Since Postgres 18 NOT NULL may be declared without a look at the rows that are there.
  SELECT conrelid, unnest(conkey) AS attnum FROM pg_constraint WHERE contype = 'n' AND NOT convalidated
), col AS (
  SELECT a.attrelid, json_agg(json_build_array(a.attnum, a.attname, a.atttypid::int8, a.atttypmod, a.attndims,
      -- Nobody holds a foreign table to what is declared of it.
      a.attnotnull AND u.attnum IS NULL AND rel.relkind <> 'f', a.attgenerated <> '', a.attidentity <> '', a.atthasdef AND a.attgenerated = '',
      rel.reachable AND (rel.readable OR has_column_privilege(a.attrelid, a.attnum, 'SELECT')),
      (SELECT d.description FROM pg_description d WHERE d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum)) ORDER BY a.attnum) AS columns
  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN unproven u ON u.conrelid = a.attrelid AND u.attnum = a.attnum
  GROUP BY a.attrelid
), idx AS (
  SELECT i.indrelid, json_agg(json_build_array(x.relname, (i.indkey::int2[])[0:i.indnkeyatts - 1], i.indisprimary,
      i.indisunique AND i.indimmediate, i.indisreplident, m.amname = 'btree') ORDER BY x.relname) AS indexes
  FROM rel JOIN pg_index i ON i.indrelid = rel.oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
  GROUP BY i.indrelid
), pub AS MATERIALIZED (
  SELECT schemaname, tablename, json_agg(pubname ORDER BY pubname) AS publications FROM pg_publication_tables GROUP BY 1, 2
)
SELECT rel.oid AS oid, rel.nspname AS schema, rel.relname AS name, rel.relkind::text AS relkind, rel.relispartition AS partition, rel.relreplident::text AS identity,
  rel.relkind IN ('r', 'p') AND row_security_active(rel.oid) AS security, current_setting('block_size')::int AS block,
  coalesce(leaf.pages, greatest(rel.relpages, 0))::float8 AS pages, coalesce(leaf.rows, greatest(rel.reltuples, 0))::float8 AS rows,
  col.columns::text, idx.indexes::text, leaf.leaves::text, pub.publications,
  (SELECT d.description FROM pg_description d WHERE d.objoid = rel.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0) AS comment
FROM rel LEFT JOIN col ON col.attrelid = rel.oid LEFT JOIN idx ON idx.indrelid = rel.oid
  LEFT JOIN pub ON pub.schemaname = rel.nspname AND pub.tablename = rel.relname
  LEFT JOIN LATERAL (
    WITH RECURSIVE tree AS (
      SELECT rel.oid, 0 AS level UNION SELECT i.inhrelid, tree.level + 1 FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
    )
    SELECT sum(greatest(l.relpages, 0)) AS pages, sum(greatest(l.reltuples, 0)) AS rows,
      json_agg(json_build_array(l.oid::int8, n.nspname, l.relname, l.relkind = 'f', has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(l.oid, 'SELECT')
        AND NOT row_security_active(l.oid) AND NOT row_security_active(rel.oid)) ORDER BY t.level, n.nspname, l.relname) AS leaves
    FROM (SELECT oid, min(level) AS level FROM tree GROUP BY oid) t JOIN pg_class l ON l.oid = t.oid AND l.relkind IN ('r', 'f') JOIN pg_namespace n ON n.oid = l.relnamespace
    -- A table that nothing inherits from any more is told so by the next ANALYZE only.
    HAVING count(*) > 1 OR bool_or(l.oid <> rel.oid)
  ) leaf ON rel.relhassubclass
ORDER BY rel.nspname COLLATE "C", rel.relname COLLATE "C"`;

/** One row of `TYPES`: a type with a modifier. */
export interface TypeRow {
  readonly oid: number;
  readonly modifier: number;
  readonly schema: string;
  readonly name: string;
  readonly typtype: string;
  readonly text: string;
  /** Of a domain: what it is made of. */
  readonly base: readonly [oid: number, modifier: number, dimensions: number] | null;
  /** Of an array. */
  readonly element: number | null;
  readonly delimiter: string | null;
  /** Of a range or multirange. */
  readonly bound: number | null;
  readonly labels: readonly string[] | null;
  readonly fields: readonly (readonly [name: string, oid: number, modifier: number, dimensions: number])[] | null;
  /** Rows can be ordered by it: it has an order of its own for btree indexes. */
  readonly orderable: boolean;
}

/**
 * The types of the columns of the tables $1, the types $2 with the modifiers $3, and those they are made of. rngmultitypid is read through to_jsonb: servers before 14 have none.
 * An array is a type that its element names as its array: int2vector and others have elements too.
 */
export const TYPES = `
WITH RECURSIVE used AS (
  SELECT * FROM (
    SELECT a.atttypid AS oid, a.atttypmod AS mod FROM pg_attribute a
    WHERE a.attrelid = ANY ($1::int8[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION SELECT * FROM unnest($2::int8[]::oid[], $3::int4[])
  ) AS asked
  UNION
  SELECT made.oid, made.mod FROM used JOIN pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (
    SELECT t.typbasetype AS oid, t.typtypmod AS mod WHERE t.typtype = 'd'
    UNION ALL SELECT e.oid, used.mod FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid
    UNION ALL SELECT r.rngsubtype, -1 FROM pg_range r WHERE t.typtype IN ('r', 'm') AND (r.rngtypid = t.oid OR (to_jsonb(r)->>'rngmultitypid')::oid = t.oid)
    UNION ALL SELECT a.atttypid, a.atttypmod FROM pg_attribute a
      WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS made
)
SELECT used.oid AS oid, used.mod AS modifier, n.nspname AS schema, t.typname AS name, t.typtype::text AS typtype, format_type(used.oid, used.mod) AS text,
  CASE WHEN t.typtype = 'd' THEN json_build_array(t.typbasetype::int8, t.typtypmod, t.typndims) END AS base,
  e.oid AS element, e.typdelim::text AS delimiter,
  CASE WHEN t.typtype IN ('r', 'm') THEN (SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid OR (to_jsonb(r)->>'rngmultitypid')::oid = t.oid) END AS bound,
  CASE WHEN t.typtype = 'e' THEN (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid) END AS labels,
  CASE WHEN t.typtype = 'c' THEN (SELECT json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod, a.attndims) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END AS fields,
  t.typtype = 'e' OR t.oid = 'varchar'::regtype OR EXISTS (
    SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod WHERE m.amname = 'btree' AND o.opcdefault AND o.opcintype = t.oid) AS orderable
FROM used JOIN pg_type t ON t.oid = used.oid JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid`;
