import { SystemError, type Column, type StreamHeader } from '../../../singer/index.ts';
import { columnNames, variantName, type ColumnCasing } from '../names/names.ts';
import type { RowPlan } from '../parts/row-plan.ts';
import type { ViewColumn } from '../statements/view.ts';
import { widened } from '../types/fits.ts';
import { joined, nestedType } from '../types/nested.ts';
import {
  CHANGES,
  columnType,
  DELETED_AT,
  describe,
  isPlainType,
  METADATA_COLUMNS,
  METADATA_TYPES,
  typeText,
  variantWord,
  type ColumnType,
  type MetadataColumn,
  type TypeOptions,
} from '../types/types.ts';
import type { ExistingTable } from './existing.ts';
import type { Method } from './method.ts';

/** BigQuery's limit: https://cloud.google.com/bigquery/quotas#standard_tables */
const MAX_COLUMNS = 10_000;
/** The column of whole records. */
const WHOLE = 'data';

export interface PlannedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** False for what differs at every load (times of our own): it alone makes no row a changed one. */
  readonly compared: boolean;
  readonly description?: string;
}

/** What one SCHEMA of a stream asks of its table. */
export interface TablePlan {
  readonly stream: string;
  readonly table: string;
  readonly method: Method;
  /** Column that marks a record as one whose row is to be deleted by its key; undefined: marks are stored. */
  readonly deletedAt?: string;
  /** All that is written, with the types that the table must have for it. */
  readonly columns: readonly PlannedColumn[];
  /** Names of the key's columns. */
  readonly keys: readonly string[];
  readonly row: RowPlan;
  /** Columns of the typed view over whole records; undefined: none is asked for. */
  readonly view?: readonly ViewColumn[];
  /** Columns whose values go beside them, because they can take no more types. */
  readonly variants: readonly { readonly column: string; readonly variant: string }[];
}

export interface PlanOptions {
  /** True: a column for each property; false: each record whole in one JSON column, beside its key. */
  readonly denormalized: boolean;
  /** Objects and lists of known members become STRUCT and REPEATED columns. */
  readonly nested: boolean;
  readonly method: Method;
  readonly hardDelete: boolean;
  readonly metadata: boolean;
  /** Where records are kept whole, a view with a column for each property. */
  readonly view: boolean;
  readonly casing: ColumnCasing;
  readonly types: TypeOptions;
}

/** A column as planning wants to know it; `type` is undefined for one that this target does not write. */
export interface KnownColumn {
  readonly name: string;
  readonly type: ColumnType | undefined;
}

/** What the table has, or will have by what earlier SCHEMAs have planned; by name in lower case. */
export type KnownColumns = ReadonlyMap<string, KnownColumn>;

/** Plans the table of a stream. Throws SystemError when the stream and its table do not go together. */
export function planTable(header: StreamHeader, table: string, known: KnownColumns, options: PlanOptions): TablePlan {
  const { stream, keys } = header;
  const data = header.columns.filter(({ name }) => !isOurs(name) && (options.denormalized || keys.includes(name)));
  const own = [...Object.keys(METADATA_TYPES), ...(options.denormalized ? [] : [WHOLE])];
  const there = new Set([...known.values()].map(({ name }) => name));
  const names = columnNames(
    data.map(({ name }) => name),
    options.casing,
    there,
    new Set(own),
  );
  const taken = new Set([...names.values(), ...own].map((name) => name.toLowerCase()));
  const placed = data.flatMap((column) => place(header, column, names, taken, known, options));
  const metadata = metadataOf(header, options, known);
  const ours = [
    ...metadata.map((name) => [name, METADATA_TYPES[name]] as const),
    ...(options.denormalized ? [] : [[WHOLE, 'JSON'] as const]),
  ];
  for (const [name, type] of ours) refuseOther(stream, name, { type }, known);
  const columns = [
    ...placed.map(({ planned }) => planned),
    ...ours.map(([name, type]) => ({ name, type: { type }, compared: isCompared(name) })),
  ];
  refuseUnusable(stream, table, columns, known);
  return {
    stream,
    table,
    method: options.method,
    ...(deletesByKey(options) ? { deletedAt: DELETED_AT } : {}),
    columns,
    keys: keys.map((key) => placed.find(({ column }) => column.name === key)?.planned.name ?? keyWithoutColumn(stream, key)),
    row: {
      header,
      columns: placed.map(({ column, planned }) => ({ name: column.name, target: planned.name, type: planned.type, column })),
      metadata,
      ...(options.denormalized ? {} : { whole: WHOLE }),
    },
    ...(options.view && !options.denormalized ? { view: viewColumns(header, placed, metadata, options) } : {}),
    variants: placed.flatMap(({ variantOf, planned }) =>
      variantOf === undefined ? [] : [{ column: variantOf, variant: planned.name }],
    ),
  };
}

/** The typed columns of whole records: those of the key from their own column, the others from the record. */
function viewColumns(
  { columns }: StreamHeader,
  placed: readonly Placed[],
  metadata: readonly MetadataColumn[],
  { casing, types }: PlanOptions,
): readonly ViewColumn[] {
  const data = columns.filter(({ name }) => !isOurs(name));
  const names = columnNames(
    data.map(({ name }) => name),
    casing,
    new Set(),
    new Set(Object.keys(METADATA_TYPES)),
  );
  const properties = data.flatMap((column): ViewColumn[] => {
    const name = names.get(column.name)!;
    const own = placed.find((one) => one.column === column)?.planned;
    if (own !== undefined) return [{ name, column: own.name, type: own.type }];
    const type = columnType(column, types);
    return type === undefined ? [] : [{ name, property: column.name, type }];
  });
  return [...properties, ...metadata.map((name) => ({ name, column: name, type: { type: METADATA_TYPES[name] } }))];
}

interface Placed {
  readonly column: Column;
  readonly planned: PlannedColumn;
  readonly variantOf?: string;
}

/** The column of a property: as it is, wider, or another beside it; none while only null was ever announced. */
function place(
  { keys, stream }: StreamHeader,
  column: Column,
  names: ReadonlyMap<string, string>,
  taken: ReadonlySet<string>,
  known: KnownColumns,
  options: PlanOptions,
): readonly Placed[] {
  const { nested } = options;
  const name = names.get(column.name)!;
  const there = known.get(name.toLowerCase());
  const isKey = keys.includes(column.name);
  /** Made with regard to what a column has, which goes on as it is. */
  const wantedFor = (type?: ColumnType): ColumnType | undefined =>
    (!isKey && (nested || (type !== undefined && !isPlainType(type))) ? nestedType(column, options, type) : undefined) ??
    columnType(column, options.types);
  const wanted = wantedFor(there?.type);
  if (wanted === undefined) return [];
  const planned = (as: string, type: ColumnType): PlannedColumn => ({ name: as, type, compared: true, ...describe(column) });
  if (there === undefined) return [{ column, planned: planned(name, wanted) }];
  const type = fitting(there.type, wanted);
  if (type !== undefined) return [{ column, planned: planned(there.name, type) }];
  if (isKey) throw typeFault(stream, there.name, there.type, wanted);
  const variant = variantName(name, variantWord(wanted), taken);
  const beside = known.get(variant.toLowerCase());
  const besideType = beside === undefined ? wanted : fitting(beside.type, wantedFor(beside.type)!);
  if (besideType === undefined) throw typeFault(stream, variant, beside?.type, wanted);
  return [{ column, planned: planned(variant, besideType), variantOf: there.name }];
}

/** The type that a column has, or gets, to take `wanted`; undefined: it cannot. */
function fitting(there: ColumnType | undefined, wanted: ColumnType): ColumnType | undefined {
  return there === undefined ? undefined : (joined(there, wanted) ?? widened(there, wanted));
}

/** Our columns that are written. What a table has once, is always written: an update must not leave the old value. */
function metadataOf({ notesChanges }: StreamHeader, options: PlanOptions, known: KnownColumns): readonly MetadataColumn[] {
  // A merge can look for marks only in a column; in the table that stays null.
  if (!options.metadata) return deletesByKey(options) ? [DELETED_AT] : [];
  return notesChanges || known.has(CHANGES) ? [...METADATA_COLUMNS, CHANGES] : METADATA_COLUMNS;
}

function deletesByKey({ hardDelete, method }: PlanOptions): boolean {
  return hardDelete && method === 'upsert';
}

function isOurs(name: string): boolean {
  return Object.hasOwn(METADATA_TYPES, name);
}

/** Of our columns these are part of a row's meaning; the others say when and whence it came. */
const MEANING: ReadonlySet<string> = new Set(['_sdc_deleted_at', '_sdc_table_version', WHOLE]);

function isCompared(name: string): boolean {
  return MEANING.has(name);
}

function refuseOther(stream: string, name: string, wanted: ColumnType, known: KnownColumns): void {
  const there = known.get(name);
  if (there !== undefined && there.type?.type !== wanted.type) throw typeFault(stream, name, there.type, wanted);
}

function refuseUnusable(stream: string, table: string, columns: readonly PlannedColumn[], known: KnownColumns): void {
  const all = new Set([...known.keys(), ...columns.map(({ name }) => name.toLowerCase())]).size;
  if (all > MAX_COLUMNS) {
    throw new SystemError(`${stream} needs ${all} columns; a table has room for ${MAX_COLUMNS}`, {
      code: 'too-many-columns',
      facts: { stream, table, columns: all },
      hint: 'Deselect properties in the tap, or set denormalized to false: each record is then kept whole in one JSON column.',
    });
  }
  if (columns.length > 0) return;
  throw new SystemError(`${stream} has no column: no property has a type other than null`, {
    code: 'no-columns',
    facts: { stream, table },
    hint: 'Select properties in the tap, or leave the stream out.',
  });
}

function keyWithoutColumn(stream: string, key: string): never {
  throw new SystemError(`The key of ${stream} has no column: ${key}`, {
    code: 'key-without-column',
    facts: { stream, keys: [key] },
    hint: 'A key property needs a type other than null, and a name that is not one of ours (_sdc_…).',
  });
}

function typeFault(stream: string, column: string, there: ColumnType | undefined, wanted: ColumnType): SystemError {
  const type = there === undefined ? 'a nested or repeated column' : typeText(there);
  return new SystemError(`Column ${column} of ${stream} is ${type}; the stream now needs ${typeText(wanted)}`, {
    code: 'column-type',
    facts: { stream, column, type, needed: typeText(wanted) },
    hint: 'Rename or drop the column in BigQuery, so that a new one is made, or give the property another type in the tap.',
  });
}

/** What a table has, as planning wants to know it. */
export function knownColumns(existing: ExistingTable | undefined): Map<string, KnownColumn> {
  return new Map([...(existing?.columns ?? [])].map(([key, { name, type }]) => [key, { name, type }]));
}
