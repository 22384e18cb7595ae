import { ident, literal, qualified } from '../../../clients/postgres/quote.ts';
import { hashedName, joinTypes, plainName, SystemError, type LogicalType } from '../../../singer/index.ts';
import { variantComment, type ExistingColumn, type ExistingTable } from './catalog.ts';
import type { Change } from './ddl.ts';
import { fitOf, plainType } from '../types/fits.ts';
import { MAX_NAME_BYTES } from './naming.ts';
import type { PlannedColumn, TablePlan } from './plan.ts';
import { growthOf } from '../types/sizes.ts';
import { PG_TYPES, type PgType } from '../types/types.ts';

/** A plan whose columns all have a place in the table: their own column, or a variant of it. */
export interface Settled {
  readonly plan: TablePlan;
  /** What makes it so, in order. */
  readonly changes: readonly Change[];
  /** Columns whose values lose digits. */
  readonly lossy: readonly string[];
  /** Values that go beside their column. */
  readonly variants: readonly Variant[];
  /** True when the table's size decides whether a column is widened. */
  readonly asksForSize: boolean;
}

/** A column beside the one that cannot take a type; in each row at most one of them has a value. */
export interface Variant {
  readonly column: string;
  readonly variant: string;
  /** The type that the column keeps. */
  readonly type: string;
  /** Why: the table has too many rows, the server refused, the policy says so, or no type holds both. */
  readonly reason: 'rows' | 'refused' | 'policy' | 'no-wider-type';
}

export interface SettleOptions {
  /** Changes that the server has refused. */
  readonly refused: ReadonlySet<string>;
  /** The table has few enough rows to be rewritten. */
  readonly isSmall: boolean;
}

/**
 * Finds a place for every column of a plan in a table that is there: as it is, widened, or beside it in a variant. Pure. Throws
 * SystemError `column-type` where there is none, or the policy allows none.
 */
export function settle(plan: TablePlan, existing: ExistingTable, options: SettleOptions): Settled {
  const table = qualified(plan.schema, plan.table);
  const homes = plan.columns.map((column) => homeOf(column, plan, existing, options));
  const settled = plan.columns.map((column, i) => settledColumn(column, homes[i]!, existing, table));
  const columns = settled.map(({ column }) => column);
  const blank = blanks(plan, columns, existing);
  return {
    plan: {
      ...plan,
      columns: [...columns, ...blank],
      // COPY would leave a default where null must be.
      isDirect: settled.every(({ isDirect }) => isDirect) && !blank.some(({ name }) => existing.columns.get(name)!.fills),
      conversions: settled.flatMap(({ conversion }) => conversion ?? []),
    },
    changes: homes.flatMap(({ change }) => change ?? []),
    lossy: settled.filter(({ loses }) => loses).map(({ column }) => column.name),
    variants: homes.flatMap(({ variant }) => variant ?? []),
    asksForSize: homes.some(({ asksForSize }) => asksForSize),
  };
}

/** A column of a stage that has another type than its table. */
export interface Conversion {
  readonly column: string;
  /** The table's type as DDL. */
  readonly sql: string;
  /** SQL for a value of that type; undefined: assigning it does. */
  readonly using: string | undefined;
}

interface SettledColumn {
  readonly column: PlannedColumn;
  readonly conversion?: Conversion;
  /** COPY may write it straight into the table. */
  readonly isDirect: boolean;
  readonly loses: boolean;
}

function settledColumn(column: PlannedColumn, home: Home, existing: ExistingTable, table: string): SettledColumn {
  const name = home.variant?.variant ?? column.name;
  const there = existing.columns.get(name);
  const fit = there === undefined || home.change !== undefined ? undefined : fitOf(column.type, there);
  const named = name === column.name ? column : { ...column, name };
  // A column that is made or widened now is looked at again when that is done.
  if (there === undefined || fit === undefined) return { column: named, isDirect: true, loses: false };
  const using = fit.using?.(ident(name), { table, column: name });
  const isSame = there.sql === column.type.sql || (there.base === plainType(column.type.type).base && there.modifier < 0);
  return {
    column: using === undefined ? named : { ...named, type: { ...column.type, sql: there.sql } },
    ...(isSame && using === undefined ? {} : { conversion: { column: name, sql: there.sql, using } }),
    isDirect: fit.direct,
    loses: fit.loses === true && column.type.asked === undefined,
  };
}

interface Home {
  readonly change?: Change;
  readonly variant?: Variant;
  readonly asksForSize?: boolean;
}

/** The way of one column: nothing (it is missing, or takes the type), a widening, or a variant. */
function homeOf(column: PlannedColumn, plan: TablePlan, existing: ExistingTable, { refused, isSmall }: SettleOptions): Home {
  const there = existing.columns.get(column.name);
  const widening = there === undefined ? undefined : wideningOf(column, there, existing.stream === plan.stream);
  if (there === undefined || widening === undefined) return {};
  if (plan.onTypeChange === 'fail') throw typeFault(plan, column, there, 'on_type_change is fail');
  const isAnchor = anchors(plan).has(column.name);
  const known = isAnchor ? undefined : knownVariant(column, existing);
  if (known !== undefined) return { variant: { column: column.name, variant: known, type: there.sql, reason: 'policy' } };
  const { sql } = widening;
  const table = qualified(plan.schema, plan.table);
  const alter =
    sql === undefined
      ? undefined
      : `ALTER TABLE ${table} ALTER COLUMN ${ident(column.name)} TYPE ${sql}${usingOf(there, sql, table)}`;
  if (alter !== undefined && !refused.has(alter)) {
    const change: Change = { sql: alter, orElse: 'The server refused to widen a column', isWidening: true };
    if (widening.isFree) return { change };
    if (plan.onTypeChange === 'evolve' && (isAnchor || isSmall)) return { change, asksForSize: !isAnchor };
  }
  const reason =
    sql === undefined ? 'no-wider-type' : refused.has(alter!) ? 'refused' : plan.onTypeChange === 'evolve' ? 'rows' : 'policy';
  if (isAnchor) throw typeFault(plan, column, there, 'rows are told apart by it, so that its values can have no other column');
  const variant = variantName(column, plan, existing);
  const made = `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${ident(variant)} ${column.type.sql}`;
  const comment = `COMMENT ON COLUMN ${table}.${ident(variant)} IS ${literal(variantComment(column.name))}`;
  return {
    change: { sql: `${made}; ${comment}` },
    variant: { column: column.name, variant, type: there.sql, reason },
    asksForSize: reason === 'rows',
  };
}

/** The logical types of what a column may have, by base type, to be joined with what is announced. */
const LOGICAL: Readonly<Record<string, LogicalType>> = {
  int2: 'integer', int4: 'integer', int8: 'integer', numeric: 'number', float4: 'number', float8: 'number', bool: 'boolean', text: 'string', varchar: 'string',
  bpchar: 'string', date: 'date', timestamp: 'datetime', timestamptz: 'datetime', time: 'time', timetz: 'time', uuid: 'uuid', bytea: 'binary', json: 'json', jsonb: 'json',
}; // prettier-ignore

/** The logical types that have each of our types, widest first. */
const OURS = Object.fromEntries(
  (['json', 'string', 'number', 'integer', 'boolean', 'date', 'time', 'datetime', 'uuid', 'binary'] as const).map((type) => [
    PG_TYPES[type]!,
    type,
  ]),
) as Readonly<Record<PgType, LogicalType>>;

/** The narrowest of our types that holds values of both. */
export function joinOf(a: PgType, b: PgType): PgType {
  return PG_TYPES[joinTypes(OURS[a], OURS[b])] ?? 'jsonb';
}

/** What a column must become for values of the announced type; undefined: they fit. `sql` undefined: there is no type for both. */
function wideningOf(
  column: PlannedColumn,
  there: ExistingColumn,
  isOurs: boolean,
): { readonly sql: string | undefined; readonly isFree: boolean } | undefined {
  if (fitOf(column.type, there) !== undefined) {
    // Somebody's own table has its sizes for a reason.
    const needed = isOurs ? growthOf(column.type, there) : undefined;
    return needed;
  }
  const logical = LOGICAL[there.base];
  const joined = logical === undefined ? undefined : PG_TYPES[joinTypes(logical, OURS[column.type.type])];
  return { sql: joined, isFree: false };
}

/** How the values that are there become the wider type, where no cast from one to the other does it. */
function usingOf(there: ExistingColumn, sql: string, table: string): string {
  const logical = LOGICAL[there.base];
  if (logical === undefined || (sql !== 'text' && sql !== 'jsonb')) return '';
  const own = PG_TYPES[logical]!;
  const fit = fitOf({ type: own, sql: own }, plainType(sql));
  const using = fit?.using?.(ident(there.name), { table, column: there.name });
  return using === undefined ? '' : ` USING ${using}`;
}

/** Columns that rows are told apart or put in order by. */
function anchors({ keys, extras }: TablePlan): ReadonlySet<string> {
  return new Set([...keys, extras?.version, extras?.range?.column].filter((name) => name !== undefined));
}

function knownVariant(column: PlannedColumn, existing: ExistingTable): string | undefined {
  return variantsOf(column.name, existing).find((there) => fitOf(column.type, there) !== undefined)?.name;
}

function variantsOf(column: string, existing: ExistingTable): ExistingColumn[] {
  return [...existing.columns.values()].filter(({ variantOf }) => variantOf === column);
}

/** `x__text`; with a hash if that is somebody else's. */
function variantName({ name, type }: PlannedColumn, plan: TablePlan, existing: ExistingTable): string {
  const rules = { casing: 'keep', maxBytes: MAX_NAME_BYTES } as const;
  const wanted = `${name}__${type.type}`;
  const plain = plainName(wanted, rules);
  const isTaken = existing.columns.has(plain) || plan.columns.some((column) => column.name === plain);
  return isTaken ? hashedName(wanted, rules, `variant\0${wanted}`) : plain;
}

/** The columns that must be null in a row because its value is in the column or variant beside them. */
function blanks(plan: TablePlan, columns: readonly PlannedColumn[], existing: ExistingTable): PlannedColumn[] {
  const homes = new Set(columns.map(({ name }) => name));
  const beside = [...plan.columns.map(({ name }) => name), ...plan.vacated].flatMap((name) => {
    const family = variantsOf(name, existing);
    return family.length === 0 && homes.has(name) ? [] : [existing.columns.get(name), ...family];
  });
  return beside
    .filter((there) => there !== undefined && !homes.has(there.name) && !there.notNull)
    .map((there) => ({
      name: there!.name,
      // json has no equality.
      type: { type: 'text', sql: there!.base === 'json' ? 'jsonb' : there!.sql },
      nullable: true,
      compared: true,
      isBlank: true,
    }));
}

function typeFault(plan: TablePlan, column: PlannedColumn, there: ExistingColumn, why: string): SystemError {
  const { schema, table, stream } = plan;
  return new SystemError(
    `Column ${column.name} of ${schema}.${table} is ${there.sql}; the stream now needs ${column.type.sql}, and ${why}`,
    {
      code: 'column-type',
      facts: { stream, schema, table, column: column.name, type: there.sql, needed: column.type.sql },
      hint: `Change the column (ALTER TABLE … ALTER COLUMN ${ident(column.name)} TYPE ${column.type.sql}), or rename it so that a new one is made.`,
    },
  );
}
