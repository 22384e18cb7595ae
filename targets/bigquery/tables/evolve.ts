import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import type { Widening } from '../statements/widen.ts';
import type { ColumnType } from '../types/types.ts';
import type { ExistingTable } from './existing.ts';
import type { PlannedColumn } from './plan.ts';

/** What a table lacks for a plan's rows. */
export interface Evolution {
  /** All fields of the table as they must become, for one patch; undefined: nothing to patch. */
  readonly fields: readonly FieldResource[] | undefined;
  readonly added: readonly string[];
  /** Columns that must allow null from now on. */
  readonly relaxed: readonly string[];
  readonly widenings: readonly Widening[];
}

/** Compares a table with the columns that a plan writes. Pure. */
export function evolutionOf(existing: ExistingTable, columns: readonly PlannedColumn[]): Evolution {
  const missing = columns.filter(({ name }) => !existing.columns.has(name.toLowerCase()));
  // Nulls are left out of our rows, and a stream may stop to send a property: no column can be required.
  const relaxed = [...existing.columns.values()].filter(({ required }) => required).map(({ name }) => name);
  const widenings = columns.flatMap(({ name, type }) => {
    const there = existing.columns.get(name.toLowerCase())?.type;
    return there === undefined || isSame(there, type) ? [] : [{ column: name, type }];
  });
  const isChanged = missing.length > 0 || relaxed.length > 0;
  const fields = [
    ...existing.fields.map((field) => (field.mode === 'REQUIRED' ? { ...field, mode: 'NULLABLE' } : field)),
    ...missing.map(fieldOf),
  ];
  return { fields: isChanged ? fields : undefined, added: missing.map(({ name }) => name), relaxed, widenings };
}

/** A column as the API wants it. */
export function fieldOf({ name, type: { type, precision, scale }, description }: PlannedColumn): FieldResource {
  return {
    name,
    type,
    mode: 'NULLABLE',
    ...(description === undefined ? {} : { description }),
    ...(precision === undefined ? {} : { precision: String(precision), scale: String(scale ?? 0) }),
  };
}

function isSame(a: ColumnType, b: ColumnType): boolean {
  return a.type === b.type && a.precision === b.precision && (a.scale ?? 0) === (b.scale ?? 0);
}
