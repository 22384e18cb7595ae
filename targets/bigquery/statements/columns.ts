import type { ColumnType } from '../types/types.ts';
import { ident } from './quote.ts';

/** A column as a statement must know it. */
export interface StatementColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Types whose values GoogleSQL does not compare with `=`. */
const WITHOUT_EQUALITY: ReadonlySet<string> = new Set(['JSON']);
/** Types that it does not group rows by. */
const WITHOUT_GROUPS: ReadonlySet<string> = new Set(['JSON', 'FLOAT64']);

/** A column of `side`; JSON as its text, which is the same for the same value, and the text null for NULL. */
export function comparable(side: string, { name, type }: StatementColumn): string {
  const value = `${side}.${ident(name)}`;
  return WITHOUT_EQUALITY.has(type.type) ? asText(value) : value;
}

/** A key column, without a side, as rows can be told apart by it: equal for NULLs, and for NaNs. */
export function groupable({ name, type }: StatementColumn): string {
  return WITHOUT_GROUPS.has(type.type) ? asText(ident(name)) : ident(name);
}

/** Condition: two sides have the same value in a key column. `hasNull`: NULL is to equal NULL, by an equality, which alone can be joined by. */
export function keyEquals(left: string, right: string, column: StatementColumn, hasNull: boolean): string {
  const { name, type } = column;
  const isText = hasNull || WITHOUT_GROUPS.has(type.type);
  const side = (of: string): string => (isText ? asText(`${of}.${ident(name)}`) : `${of}.${ident(name)}`);
  return `${side(left)} = ${side(right)}`;
}

function asText(value: string): string {
  return `TO_JSON_STRING(${value})`;
}
