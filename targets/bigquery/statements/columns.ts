import { isPlainType, type ColumnType } from '../types/types.ts';
import { ident } from './quote.ts';

/** A column as a statement must know it. */
export interface StatementColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** True if GoogleSQL compares values of the type with `=`, and always. */
function hasEquality(type: ColumnType): boolean {
  return isPlainType(type) && type.type !== 'JSON';
}

/** True if it groups rows by such values. */
function hasGroups(type: ColumnType): boolean {
  return hasEquality(type) && type.type !== 'FLOAT64';
}

/** A column of `side`; JSON, STRUCT and REPEATED as their text, which is the same for the same value, and the text null for NULL. */
export function comparable(side: string, { name, type }: StatementColumn): string {
  const value = `${side}.${ident(name)}`;
  return hasEquality(type) ? value : asText(value);
}

/** A key column, without a side, as rows can be told apart by it: equal for NULLs, and for NaNs. */
export function groupable({ name, type }: StatementColumn): string {
  return hasGroups(type) ? ident(name) : asText(ident(name));
}

/** Condition: two sides have the same value in a key column. `hasNull`: NULL is to equal NULL, by an equality, which alone can be joined by. */
export function keyEquals(left: string, right: string, column: StatementColumn, hasNull: boolean): string {
  const { name, type } = column;
  const isText = hasNull || !hasGroups(type);
  const side = (of: string): string => (isText ? asText(`${of}.${ident(name)}`) : `${of}.${ident(name)}`);
  return `${side(left)} = ${side(right)}`;
}

function asText(value: string): string {
  return `TO_JSON_STRING(${value})`;
}
