import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import type { Widening } from '../statements/widen.ts';
import { isPlainType, type ColumnType } from '../types/types.ts';
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
  const wanted = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const changes = { added: [] as string[], relaxed: [] as string[] };
  const there = existing.fields.map((field) => grown(field, wanted.get(field.name.toLowerCase())?.type, field.name, changes));
  const missing = columns.filter(({ name }) => !existing.columns.has(name.toLowerCase()));
  const added = [...changes.added, ...missing.map(({ name }) => name)];
  const widenings = columns.flatMap(({ name, type }) => {
    const before = existing.columns.get(name.toLowerCase())?.type;
    return before === undefined || !isPlainType(before) || isSame(before, type) ? [] : [{ column: name, type }];
  });
  const isChanged = added.length > 0 || changes.relaxed.length > 0;
  return { fields: isChanged ? [...there, ...missing.map(fieldOf)] : undefined, added, relaxed: changes.relaxed, widenings };
}

/** A field of a table with what it lacks for a type: members, and that it may be null, since nulls are left out and a stream may stop to send a property. */
function grown(
  field: FieldResource,
  type: ColumnType | undefined,
  path: string,
  changes: { readonly added: string[]; readonly relaxed: string[] },
): FieldResource {
  const isRequired = field.mode === 'REQUIRED';
  if (isRequired) changes.relaxed.push(path);
  const relaxed = isRequired ? { ...field, mode: 'NULLABLE' } : field;
  if (field.fields === undefined) return relaxed;
  const members = new Map(type?.members?.map((member) => [member.name.toLowerCase(), member]));
  const fields = field.fields.map((one) => grown(one, members.get(one.name.toLowerCase())?.type, `${path}.${one.name}`, changes));
  const names = new Set(field.fields.map(({ name }) => name.toLowerCase()));
  const missing = [...members.values()].filter(({ name }) => !names.has(name.toLowerCase()));
  for (const { name } of missing) changes.added.push(`${path}.${name}`);
  return { ...relaxed, fields: [...fields, ...missing.map(fieldOf)] };
}

/** What a table has of a field with what a type has beyond it. */
export function joinedField(field: FieldResource, type: ColumnType): FieldResource {
  return grown(field, type, field.name, { added: [], relaxed: [] });
}

/** A column, or a member of one, as the API wants it. */
export function fieldOf({ name, type, description }: Pick<PlannedColumn, 'name' | 'type' | 'description'>): FieldResource {
  const { members, precision, repeated, scale } = type;
  return {
    name,
    type: type.type === 'STRUCT' ? 'RECORD' : type.type,
    mode: repeated === true ? 'REPEATED' : 'NULLABLE',
    ...(description === undefined ? {} : { description }),
    ...(precision === undefined ? {} : { precision: String(precision), scale: String(scale ?? 0) }),
    ...(members === undefined ? {} : { fields: members.map(fieldOf) }),
  };
}

function isSame(a: ColumnType, b: ColumnType): boolean {
  return a.type === b.type && a.precision === b.precision && (a.scale ?? 0) === (b.scale ?? 0);
}
