import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { ident, literal, qualified } from '../../../clients/postgres/quote.ts';
import { ConfigError, InputError, type Problem } from '../../../singer/index.ts';
import { hasNullKey, nullableKeys } from './merge.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { TargetConfig } from '../settings.ts';

/** A half-open window [from, before) of a column's values. */
export interface Range {
  /** The column's name. */
  readonly column: string;
  readonly from: string;
  readonly before: string;
  /** Whether a complete stream without a record empties the window. */
  readonly allowEmpty: boolean;
}

/** The range as configured. Whether it is a window at all, only the server can tell: see `refuseNoWindow`. */
export function rangeOf(
  setting: TargetConfig['replace_range'],
  columnOf: (property: string) => string,
  problems: Problem[],
): Range | undefined {
  if (setting === undefined) return undefined;
  const { column, from, before, allow_empty: allowEmpty } = setting;
  if (String(from) === String(before))
    problems.push({ path: 'replace_range', message: 'is empty: from and before are the same' });
  return { column: columnOf(column), from: String(from), before: String(before), allowEmpty };
}

/** Throws ConfigError when the window is empty or inverted, or its ends are no values of the column's type. */
export async function refuseNoWindow(session: Session, plan: TablePlan): Promise<void> {
  const range = plan.extras?.range;
  if (range === undefined) return;
  const type = typeOf(plan, range);
  const refuse = (message: string): never => {
    throw new ConfigError([{ path: 'replace_range', message }]);
  };
  try {
    const { rows } = await session.query(`SELECT $1::text::${type} < $2::text::${type} AS fits`, [range.from, range.before]);
    if (rows[0]?.['fits'] !== true) refuse('is inverted or empty: from must be before before');
  } catch (error) {
    if (sqlState(error)?.startsWith('22')) refuse(`from and before must be values of ${range.column}, which is ${type}`);
    throw error;
  }
}

/** Condition: the row is in the window. `alias` names the table. */
export function inRange(plan: TablePlan, range: Range, alias: string): string {
  const type = typeOf(plan, range);
  const column = `${alias}.${ident(range.column)}`;
  return `(${column} >= ${literal(range.from)}::${type} AND ${column} < ${literal(range.before)}::${type})`;
}

/** Throws InputError `outside-range` when a row of the stage (quoted) is not in the window. */
export async function refuseOutside(session: Session, plan: TablePlan, range: Range, stage: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT count(*) AS rows FROM ${stage} AS s WHERE ${inRange(plan, range, 's')} IS NOT TRUE`,
  );
  const outside = Number(rows[0]?.['rows']);
  if (outside === 0) return;
  throw new InputError(`Nothing is replaced: ${outside} records of ${plan.stream} are outside of the window of replace_range`, {
    code: 'outside-range',
    facts: { stream: plan.stream, column: range.column, from: range.from, before: range.before, records: outside },
    hint: 'Have the tap read the very window that is replaced (its start and end dates), or widen the window.',
  });
}

/**
 * Deletes rows outside of the window whose key is in the stage: they have moved into the window at their source. Keys with nulls by a
 * statement of their own, because no index and no hash serves a comparison that takes nulls for equal.
 */
export function deleteMoved(plan: TablePlan, stage: string): readonly string[] {
  const remove = (equals: string, from: string): string => {
    const equal = plan.keys.map((key) => `t.${ident(key)} ${equals} s.${ident(key)}`).join(' AND ');
    return `DELETE FROM ${qualified(plan.schema, plan.table)} AS t USING ${from} AS s WHERE ${equal}`;
  };
  const plain = remove('=', stage);
  if (nullableKeys(plan).length === 0) return [plain];
  return [plain, remove('IS NOT DISTINCT FROM', `(SELECT * FROM ${stage} WHERE ${hasNullKey(plan)})`)];
}

function typeOf(plan: TablePlan, range: Range): string {
  return plan.columns.find(({ name }) => name === range.column)!.type.sql;
}
