import type { Session } from '../../../clients/postgres/connect.ts';
import { ident, literal, qualified } from '../../../clients/postgres/quote.ts';
import { Eraser } from '../../../privacy/eraser.ts';
import { nearest, SystemError } from '../../../singer/index.ts';
import type { ExistingTable } from '../tables/catalog.ts';
import type { ErasedTable } from './plan.ts';
import type { Index, Request } from './requests.ts';
import { eraseColumn, markOf, typeFault } from './values.ts';

/** A table of the setting, as it is in the database. */
export interface FoundTable {
  readonly table: ErasedTable;
  readonly schema: string;
  readonly name: string;
  readonly existing: ExistingTable;
}

/** What was done for one request in one table. */
export interface Done {
  readonly request: Request;
  /** Rows that name the person. */
  readonly met: number;
  /** Those of them that were erased now. */
  readonly erased: number;
  /** What all of them are now: see `markOf`. */
  readonly marks: readonly string[];
}

/** What stands around a name and does not count. */
const BLANKS = String.raw`E' \t\n\r\f\x0b'`;
/** Our notes of values that were changed on their way: they quote them. */
const NOTES = '_sdc_changes';

/** Rows in one UPDATE. */
const ROWS = 1000;

interface Row {
  readonly table: string;
  readonly place: string;
  readonly request: Request;
  readonly mark: string;
  readonly values: readonly (string | null)[];
}

/** Finds the ids of people who are known by an e-mail address. Gives true if one is new. */
export async function learnNames(session: Session, found: FoundTable, index: Index): Promise<boolean> {
  if (found.table.where.length < 2) return false;
  let isNew = false;
  for (const row of await matching(session, found, index, [])) isNew = index.learn(namesIn(found, row)) || isNew;
  return isNew;
}

/**
 * Erases the rows of a table that name people who asked; with `dryRun` they are only counted. Rows that are in `marks` were erased
 * before and are as they were then: they stay. Throws SystemError.
 */
export async function eraseRows(
  session: Session,
  found: FoundTable,
  index: Index,
  { dates, dryRun, marks }: { dates: 'year' | 'null'; dryRun: boolean; marks: ReadonlySet<string> },
): Promise<readonly Done[]> {
  const { existing, table } = found;
  const { fields } = table;
  const eraser = new Eraser(dates);
  const erasers = fields.map((field) => eraseColumn(eraser, existing.columns.get(field)!));
  const rows = (await matching(session, found, index, fields)).flatMap((row): Row[] => {
    const request = namesIn(found, row).reduce<Request | undefined>(
      (hit, [asked, value]) => hit ?? index.find(asked, value),
      undefined,
    );
    if (request === undefined) return [];
    const values = fields.map((_, i) => textIn(row[`f${i}`]));
    return [{ table: String(row['t']), place: String(row['p']), request, mark: markOf(table.name, values), values }];
  });
  const fresh = rows.filter(({ mark }) => !marks.has(mark));
  const after = new Map<Row, string>();
  for (let at = 0; at < fresh.length; at += ROWS) {
    const piece = fresh.slice(at, at + ROWS);
    const changed = piece.map(({ values }) => values.map((value, i) => erasers[i]!(value)));
    const stored = dryRun ? changed : await update(session, found, fields, piece, changed);
    piece.forEach((row, i) => after.set(row, markOf(table.name, stored[i]!)));
  }
  return doneOf(rows, after);
}

function doneOf(rows: readonly Row[], after: ReadonlyMap<Row, string>): Done[] {
  const byRequest = new Map<Request, Row[]>();
  for (const row of rows) {
    const own = byRequest.get(row.request);
    if (own === undefined) byRequest.set(row.request, [row]);
    else own.push(row);
  }
  return [...byRequest].map(([request, own]) => ({
    request,
    met: own.length,
    erased: own.filter((row) => after.has(row)).length,
    marks: own.map((row) => after.get(row) ?? row.mark),
  }));
}

/** The rows that name somebody, locked, with what names them (`n0` …) and some fields (`f0` …), all as text. */
async function matching(
  session: Session,
  found: FoundTable,
  index: Index,
  fields: readonly string[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { name, schema, table } = found;
  const names = table.where.map(([column]) => nameSql(found, column));
  const values = table.where.map(([, asked]) => index.valuesOf(asked));
  const selected = [
    't.tableoid::text AS t',
    't.ctid::text AS p',
    ...names.map((sql, i) => `${sql} AS n${i}`),
    ...fields.map((field, i) => `t.${ident(field)}::text AS f${i}`),
  ];
  // Addresses are compared in lower case, everything else as it is; who asks exactly is decided on what comes back.
  const condition = names
    .map((sql, i) => `(btrim(${sql}, ${BLANKS}) = ANY ($${i + 1}) OR lower(btrim(${sql}, ${BLANKS})) = ANY ($${i + 1}))`)
    .join(' OR ');
  const { rows } = await session.query(
    `SELECT ${selected.join(', ')} FROM ${qualified(schema, name)} AS t WHERE ${condition} ORDER BY t.tableoid, t.ctid FOR UPDATE OF t`,
    values,
  );
  return rows;
}

/** Writes the values. Gives what is there now, as the server writes it, by row. */
async function update(
  session: Session,
  { existing, name, schema }: FoundTable,
  fields: readonly string[],
  rows: readonly Row[],
  changed: readonly (readonly (string | null)[])[],
): Promise<readonly (readonly (string | null)[])[]> {
  const set = fields.map((field, i) => `${ident(field)} = v.f${i}::${existing.columns.get(field)!.sql}`);
  if (existing.columns.has(NOTES) && !fields.includes(NOTES)) set.push(`${ident(NOTES)} = NULL`);
  const columns = fields.map((_, i) => `f${i}`);
  const arrays = ['$1::text[]', '$2::text[]', ...fields.map((_, i) => `$${i + 3}::text[]`)];
  const result = await session.query(
    `UPDATE ${qualified(schema, name)} AS t SET ${set.join(', ')}
     FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS v (t, p, ${columns.join(', ')}, i)
     WHERE t.tableoid = v.t::oid AND t.ctid = v.p::tid
     RETURNING v.i::int AS i, ${fields.map((field, i) => `t.${ident(field)}::text AS f${i}`).join(', ')}`,
    [
      rows.map(({ table }) => table),
      rows.map(({ place }) => place),
      ...fields.map((_, i) => changed.map((values) => values[i]!)),
    ],
  );
  const stored = new Map(result.rows.map((row) => [Number(row['i']), fields.map((_, i) => textIn(row[`f${i}`]))]));
  if (stored.size !== rows.length) {
    throw new SystemError(`Rows of ${schema}.${name} that were to be erased were not: something keeps them as they are`, {
      code: 'erasure-refused',
      facts: { schema, table: name, rows: rows.length - stored.size },
      hint: 'See which trigger or rule of the table does that; nothing of the batch is committed.',
    });
  }
  return rows.map((_, i) => stored.get(i + 1)!);
}

function namesIn({ table }: FoundTable, row: Readonly<Record<string, unknown>>): (readonly [string, string | null])[] {
  return table.where.map(([, asked], i) => [asked, textIn(row[`n${i}`])] as const);
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A column as text, or what stands at a path in its JSON. */
function nameSql(found: FoundTable, column: string): string {
  if (!isPath(found.existing, column)) return `t.${ident(column)}::text`;
  const [name = '', ...path] = column.split('.');
  return `(t.${ident(name)}::json #>> ARRAY[${path.map(literal).join(', ')}])`;
}

/** What is wrong with a table of the setting, as it is in the database. Only one with which nothing is can be asked for rows. */
export function faultsOf(found: FoundTable): SystemError[] {
  const { existing, table } = found;
  const names = table.where.map(([column]) => (isPath(existing, column) ? column.split('.')[0]! : column));
  const missing = [...new Set([...names, ...table.fields])].filter((column) => !existing.columns.has(column));
  const keys = new Set(existing.uniques.filter(({ primary }) => primary).flatMap(({ columns }) => columns));
  const fields = table.fields.filter((field) => existing.columns.has(field));
  return [
    ...missing.map((column) => missingColumn(found, column)),
    ...fields.flatMap((field) =>
      keys.has(field) ? keyColumn(found, field) : (typeFault(existing.columns.get(field)!, table.name) ?? []),
    ),
  ];
}

function isPath(existing: ExistingTable, column: string): boolean {
  return column.includes('.') && !existing.columns.has(column);
}

/** What it names would never be erased. */
function missingColumn({ existing, name, schema }: FoundTable, column: string): SystemError {
  const near = nearest(column, [...existing.columns.keys()]);
  return new SystemError(
    `The table ${schema}.${name} has no column ${column} that erasures names${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      code: 'erasure-column',
      facts: { schema, table: name, column },
      hint: 'Correct the setting erasures: nothing is committed with such a column.',
    },
  );
}

/** A row whose key was replaced could not be found again. */
function keyColumn({ name, schema }: FoundTable, key: string): SystemError {
  return new SystemError(`${key} is the key of ${schema}.${name}: it has to stay, so that the row is found again`, {
    code: 'erasure-key-column',
    facts: { schema, table: name, column: key },
    hint: 'Take it out of the fields of erasures.',
  });
}
