import { ident, literal, qualified } from '../../clients/postgres/quote.ts';
import { SystemError } from '../../singer/index.ts';
import { commentFor, type ExistingTable } from './catalog.ts';
import type { PlannedColumn, TablePlan } from './plan.ts';
import { fitOf, type Fit } from './types.ts';

/** First version with UNIQUE NULLS NOT DISTINCT, and with MERGE. */
export const PG_15 = 150_000;

/** One piece of DDL: idempotent, or guarded by the advisory lock. */
export interface Change {
  readonly sql: string;
  /** Set: loading works without it, so a refusal is no failure; says what that costs. */
  readonly orElse?: string;
}

/** The DDL that makes the table of `plan`, or brings an existing one up to it, in order. Throws SystemError when that cannot be. */
export function changesFor(plan: TablePlan, existing: ExistingTable | undefined, version: number): readonly Change[] {
  if (existing === undefined) return createTable(plan, version).map((sql) => ({ sql }));
  checkKind(plan, existing);
  checkKeys(plan, existing);
  const table = qualified(plan.schema, plan.table);
  const changes: Change[] = [];
  const added: string[] = [];
  for (const column of plan.columns) {
    const there = existing.columns.get(column.name);
    if (there === undefined) added.push(`ADD COLUMN IF NOT EXISTS ${ident(column.name)} ${column.type.sql}`);
    else if (fit(column, existing) === undefined) throw typeFault(plan, column, there.sql);
  }
  // One statement, so that the table is locked and its catalog entries are written once.
  if (added.length > 0) changes.push({ sql: `ALTER TABLE ${table} ${added.join(', ')}` });
  for (const name of nullsNeeded(plan, existing)) {
    const sql = `ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP NOT NULL`;
    changes.push({ sql, orElse: 'A column keeps its NOT NULL: a record without a value for it will end the run' });
  }
  if (plan.keys.length > 0 && !isUnique(plan.keys, existing)) {
    const orElse = 'The key columns have no unique index and none can be made: the rows are loaded, but slowly';
    changes.push({ sql: createIndex(plan, version), orElse });
  }
  return changes;
}

/** How the values of each column get into the table; `direct` throughout means that COPY may go straight into it. */
export function fitsOf(plan: TablePlan, existing: ExistingTable): ReadonlyMap<string, Fit> {
  return new Map(plan.columns.map((column) => [column.name, fit(column, existing) ?? 'direct']));
}

/** True when a unique index makes rows with equal keys impossible. */
export function isUnique(keys: readonly string[], existing: ExistingTable): boolean {
  return existing.uniques.some((index) => sameNames(index.columns, keys));
}

function fit(column: PlannedColumn, existing: ExistingTable): Fit | undefined {
  const there = existing.columns.get(column.name);
  return there === undefined ? 'direct' : fitOf(column.type, there.base, there.modifier);
}

function createTable(plan: TablePlan, version: number): string[] {
  const table = qualified(plan.schema, plan.table);
  const parts = plan.columns.map((column) => `${ident(column.name)} ${column.type.sql}`);
  if (plan.keys.length > 0) parts.push(`${uniqueness(plan, version)} (${plan.keys.map(ident).join(', ')})`);
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (${parts.join(', ')})`,
    `COMMENT ON TABLE ${table} IS ${literal(commentFor(plan.stream))}`,
  ];
}

/** A primary key takes no nulls; before version 15 no other constraint would tell two null keys as equal. */
function uniqueness(plan: TablePlan, version: number): string {
  const nullable = plan.columns.some((column) => column.nullable && plan.keys.includes(column.name));
  return nullable && version >= PG_15 ? 'UNIQUE NULLS NOT DISTINCT' : 'PRIMARY KEY';
}

function createIndex(plan: TablePlan, version: number): string {
  const nulls = version >= PG_15 ? ' NULLS NOT DISTINCT' : '';
  return `CREATE UNIQUE INDEX ON ${qualified(plan.schema, plan.table)} (${plan.keys.map(ident).join(', ')})${nulls}`;
}

/** Columns that must begin to take nulls: those that may be null now, and those that the stream does not have (any more). */
function nullsNeeded(plan: TablePlan, existing: ExistingTable): string[] {
  const planned = new Map(plan.columns.map((column) => [column.name, column]));
  const primary = new Set(existing.uniques.find((index) => index.primary)?.columns);
  return [...existing.columns.values()]
    .filter((there) => there.notNull && !primary.has(there.name))
    .filter((there) => planned.get(there.name)?.nullable ?? !(there.fills || there.generated))
    .map((there) => there.name);
}

function checkKind(plan: TablePlan, existing: ExistingTable): void {
  if (existing.kind === 'r' || existing.kind === 'p') return;
  throw new SystemError(`${plan.schema}.${plan.table} is not a table`, {
    code: 'not-a-table',
    facts: { stream: plan.stream, schema: plan.schema, table: plan.table },
    hint: 'Move the view away, or load into another schema.',
  });
}

/** Refuses keys other than those the table was made for: rows would silently double or vanish. */
function checkKeys(plan: TablePlan, existing: ExistingTable): void {
  if (plan.keys.length === 0 || isUnique(plan.keys, existing)) return;
  const planned = new Set(plan.columns.map((column) => column.name));
  const other = existing.uniques.find(
    (index) => (index.primary || index.nullsEqual) && index.columns.every((name) => planned.has(name)),
  );
  if (other === undefined) return;
  throw new SystemError(
    `The key of ${plan.stream} is now (${plan.keys.join(', ')}); table ${plan.table} was made for (${other.columns.join(', ')})`,
    {
      code: 'key-changed',
      facts: { stream: plan.stream, schema: plan.schema, table: plan.table, keys: plan.keys, tableKeys: other.columns },
      hint: 'Drop or rename the table and load it anew, or replace its primary key by one on the new columns.',
    },
  );
}

function typeFault(plan: TablePlan, column: PlannedColumn, there: string): SystemError {
  return new SystemError(
    `Column ${column.name} of ${plan.schema}.${plan.table} is ${there}; the stream now needs ${column.type.sql}`,
    {
      code: 'column-type',
      facts: {
        stream: plan.stream,
        schema: plan.schema,
        table: plan.table,
        column: column.name,
        type: there,
        needed: column.type.sql,
      },
      hint: `Change the column (ALTER TABLE … ALTER COLUMN ${ident(column.name)} TYPE ${column.type.sql}), or rename it so that a new one is made.`,
    },
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
