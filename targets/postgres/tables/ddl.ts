import { ident, literal, qualified } from '../../../clients/postgres/quote.ts';
import { SystemError } from '../../../singer/index.ts';
import { auditNames } from './audit.ts';
import { commentFor, type ExistingTable } from './catalog.ts';
import { changesForExisting, changesForNew } from './extras.ts';
import type { Settled } from './evolve.ts';
import { isUnique, otherKey, type PlannedColumn, type TablePlan } from './plan.ts';

/** First version with UNIQUE NULLS NOT DISTINCT, and with MERGE. */
export const PG_15 = 150_000;

/** One piece of DDL: idempotent, or guarded by the advisory lock. */
export interface Change {
  readonly sql: string;
  /** Set: there is another way without it, so a refusal is no failure; says what that costs. */
  readonly orElse?: string;
  /** Set: the way without it has to be planned anew. */
  readonly isWidening?: true;
  /** Set: what a refusal means. */
  readonly orFail?: { readonly code: string; readonly message: string; readonly hint: string };
}

/**
 * The DDL that makes the table of `plan`, or brings an existing one up to it, in order. `settled` is the plan as it stands in the
 * existing table. Throws SystemError when that cannot be.
 */
export function changesFor(
  plan: TablePlan,
  existing: ExistingTable | undefined,
  settled: Settled | undefined,
  version: number,
): readonly Change[] {
  if (existing === undefined || settled === undefined) {
    return [...createTable(plan, version).map((sql) => ({ sql })), ...changesForNew(plan)];
  }
  const table = qualified(plan.schema, plan.table);
  const changes: Change[] = [...settled.changes];
  const beside = new Set(settled.variants.map(({ variant }) => variant));
  const added = settled.plan.columns.filter(({ name }) => !existing.columns.has(name) && !beside.has(name));
  // One statement, so that the table is locked and its catalog entries are written once.
  if (added.length > 0) {
    const columns = added.map((column) => `ADD COLUMN IF NOT EXISTS ${ident(column.name)} ${column.type.sql}`);
    changes.push({ sql: [`ALTER TABLE ${table} ${columns.join(', ')}`, ...comments(table, added)].join('; ') });
  }
  changes.push(...keyChanges(plan, existing));
  for (const { name, isPlanned } of nullsNeeded(plan, settled, existing)) {
    const sql = `ALTER TABLE ${table} ALTER COLUMN ${ident(name)} DROP NOT NULL`;
    const orElse = 'A column keeps its NOT NULL: a record without a value for it will end the run';
    changes.push(isPlanned ? { sql, orElse } : { sql, orFail: neverFilled(plan, name) });
  }
  if (plan.keys.length > 0 && !isUnique(plan.keys, existing)) {
    const orElse = 'The key columns have no unique index and none can be made: the rows are loaded, but slowly';
    const sql = createIndex(plan, version);
    const isRebuilt = plan.onKeyChange === 'rebuild' && otherKey(plan.keys, plan.columns, existing) !== undefined;
    changes.push(isRebuilt ? { sql, orFail: notUnique(plan) } : { sql, orElse });
  }
  return [...changes, ...changesForExisting(plan, existing)];
}

function createTable(plan: TablePlan, version: number): string[] {
  const table = qualified(plan.schema, plan.table);
  const parts = plan.columns.map((column) => `${ident(column.name)} ${column.type.sql}`);
  if (plan.keys.length > 0) parts.push(`${uniqueness(plan, version)} (${plan.keys.map(ident).join(', ')})`);
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (${parts.join(', ')})`,
    [`COMMENT ON TABLE ${table} IS ${literal(commentFor(plan.stream))}`, ...comments(table, plan.columns)].join('; '),
  ];
}

/** What the schema says of new columns. */
function comments(table: string, columns: readonly PlannedColumn[]): string[] {
  return columns.flatMap(({ name, comment }) =>
    comment === undefined ? [] : [`COMMENT ON COLUMN ${table}.${ident(name)} IS ${literal(comment.replaceAll('\0', ''))}`],
  );
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

/**
 * Columns that must begin to take nulls: those that have a variant, and in a table that we made those that may be null now or are not in
 * the stream any more. What somebody else has sworn of a table stays: a null is refused when it comes. Throws SystemError
 * `column-not-null` when each row would be.
 */
function nullsNeeded(
  plan: TablePlan,
  { variants }: Settled,
  existing: ExistingTable,
): { readonly name: string; readonly isPlanned: boolean }[] {
  const planned = new Map(plan.columns.map((column) => [column.name, column]));
  const beside = new Set(variants.map(({ column }) => column));
  const primary = new Set(existing.uniques.find((index) => index.primary)?.columns);
  const audit = auditNames(plan);
  return [...existing.columns.values()]
    .filter((there) => there.notNull && !primary.has(there.name) && !audit.includes(there.name))
    .filter((there) => {
      if (beside.has(there.name)) return true;
      const known = planned.get(there.name);
      const isNull = known?.nullable ?? !(there.fills || there.generated);
      if (existing.stream === plan.stream || !isNull) return isNull;
      if (known !== undefined) return false;
      const { message, ...rest } = neverFilled(plan, there.name);
      throw new SystemError(message, { ...rest, facts: { stream: plan.stream, schema: plan.schema, table: plan.table } });
    })
    .map(({ name }) => ({ name, isPlanned: planned.has(name) && !beside.has(name) }));
}

/** Throws SystemError `not-a-table` for what cannot be loaded into. */
export function checkKind(plan: TablePlan, existing: ExistingTable): void {
  if (existing.kind === 'r' || existing.kind === 'p') return;
  throw new SystemError(`${plan.schema}.${plan.table} is not a table`, {
    code: 'not-a-table',
    facts: { stream: plan.stream, schema: plan.schema, table: plan.table },
    hint: 'Move the view away, or load into another schema.',
  });
}

/** Keys other than those the table was made for: by default they are refused, for rows would silently double or vanish. */
function keyChanges(plan: TablePlan, existing: ExistingTable): Change[] {
  const other = plan.keys.length === 0 ? undefined : otherKey(plan.keys, plan.columns, existing);
  if (other === undefined) return [];
  const table = qualified(plan.schema, plan.table);
  if (plan.onKeyChange === 'rebuild') {
    const drop = other.constraint
      ? `ALTER TABLE ${table} DROP CONSTRAINT ${ident(other.name)}`
      : `DROP INDEX ${qualified(plan.schema, other.name)}`;
    return [{ sql: drop, orFail: stillUsed(plan, other.name) }];
  }
  throw new SystemError(
    `The key of ${plan.stream} is now (${plan.keys.join(', ')}); table ${plan.table} was made for (${other.columns.join(', ')})`,
    {
      code: 'key-changed',
      facts: { stream: plan.stream, schema: plan.schema, table: plan.table, keys: plan.keys, tableKeys: other.columns },
      hint: 'Drop or rename the table and load it anew, or set on_key_change to rebuild, which puts a unique index on the new columns in the place of the old key.',
    },
  );
}

/** Every record would fail: better now, and with the column's name. */
function neverFilled({ stream, schema, table }: TablePlan, column: string): Required<Change>['orFail'] {
  return {
    code: 'column-not-null',
    message: `Column ${column} of ${schema}.${table} takes no null, and ${stream} has no value for it`,
    hint: `Give it a default or drop its NOT NULL: ALTER TABLE … ALTER COLUMN ${ident(column)} DROP NOT NULL.`,
  };
}

function notUnique({ schema, table, keys }: TablePlan): Required<Change>['orFail'] {
  return {
    code: 'key-not-unique',
    message: `The key of ${schema}.${table} cannot be rebuilt: its rows are not unique by (${keys.join(', ')}), or it is not ours`,
    hint: 'Remove the rows that are there twice, or load the table anew.',
  };
}

function stillUsed({ schema, table }: TablePlan, key: string): Required<Change>['orFail'] {
  return {
    code: 'key-in-use',
    message: `The old key ${key} of ${schema}.${table} cannot be dropped: another table refers to it, or it is not ours`,
    hint: 'Drop the foreign keys that refer to it, or the key itself, by hand.',
  };
}
