import { assignNames, SystemError, type Column, type NameRules, type StreamHeader } from '../../../singer/index.ts';
import type { CopyPlan } from '../copy/encoder.ts';
import type { Conversion } from './evolve.ts';
import type { TableExtras } from './extras.ts';
import type { ExistingTable, UniqueIndex } from './catalog.ts';
import type { Place } from './naming.ts';
import { placeProperties, refuseMissing, type ColumnPolicies, type Placement, type TableView } from './properties.ts';
import {
  CHANGES,
  EXTRA,
  METADATA_COLUMNS,
  METADATA_TYPES,
  type ColumnType,
  type MetadataColumn,
  type TypeOptions,
} from '../types/types.ts';

/** How a stream's records meet the rows that are there. */
export type Method = 'append' | 'upsert' | 'overwrite';

export interface PlannedColumn {
  /** The column's name. */
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** False for what differs at every load (times of our own): it alone makes no row a changed one. */
  readonly compared: boolean;
  /** What the schema says of it. */
  readonly comment?: string;
  /** Null in every row, not in the COPY text: the value is in a column beside this one. */
  readonly isBlank?: true;
}

/** What one SCHEMA of a stream asks of its table. */
export interface TablePlan {
  readonly stream: string;
  readonly schema: string;
  readonly table: string;
  readonly method: Method;
  /** In the order of the COPY text: data columns, then ours. */
  readonly columns: readonly PlannedColumn[];
  /** Key columns that make rows one; empty for append. */
  readonly keys: readonly string[];
  readonly copy: CopyPlan;
  /** True when COPY may go straight into the table as it is: see `settle`. */
  readonly isDirect: boolean;
  /** What a stage's columns must become before they meet the table's. */
  readonly conversions: readonly Conversion[];
  readonly onTypeChange: 'evolve' | 'variant' | 'fail';
  readonly onKeyChange: 'fail' | 'rebuild';
  /** A table with more rows is not rewritten for the type of a column. */
  readonly maxRewriteRows: number;
  /** Properties without a column, by a policy. */
  readonly discarded: readonly string[];
  /** Columns that the table fills itself. */
  readonly filled: readonly string[];
  /** Columns of the properties that are kept in the JSON column: the table may have them from before. */
  readonly vacated: readonly string[];
  /** What the settings ask for beside the stream's own columns; see `withExtras`. */
  readonly extras?: TableExtras;
}

export interface PlanOptions {
  readonly loadMethod: 'append-only' | 'upsert' | 'overwrite';
  readonly metadata: boolean;
  readonly hardDelete: boolean;
  readonly names: NameRules;
  readonly types: TypeOptions;
  readonly policies: ColumnPolicies & { readonly keyChange: 'fail' | 'rebuild' | 'append'; readonly maxRewriteRows: number };
  /** Changed values are noted in the rows: see `Encoder.encode`. */
  readonly notesChanges: boolean;
}

/** More columns than this Postgres never takes (fewer when they are wide). */
const MAX_COLUMNS = 1600;

/** Plans the table of a stream. Throws SystemError when the stream, its table and the policies do not go together. */
export function planTable(
  header: StreamHeader,
  place: Place & { readonly schema: string },
  options: PlanOptions,
  view: TableView,
): TablePlan {
  const { existing } = view;
  const { policies } = options;
  const data = header.columns.filter((column) => isData(column, options));
  // Our own columns take part so that a property which folds to the same name gets another.
  const names = assignNames([...data.map((column) => column.name), ...Object.keys(METADATA_TYPES)], options.names);
  const placement = placeProperties(header, data, names, view, {
    policies,
    types: options.types,
    room: roomOf(existing, names),
  });
  const metadata = metadataOf(header, options, view, placement.extra.length > 0);
  const columns = columnsOf(placement, metadata);
  const method = methodOf(options.loadMethod, header.keys);
  const keys = method === 'append' ? [] : header.keys.map((key) => names.get(key) ?? key);
  refuseUnusable(header.stream, place.table, keys, columns);
  if (existing !== undefined && policies.missingColumn === 'fail')
    refuseMissing(header.stream, existing, new Set(names.values()));
  const appends =
    policies.keyChange === 'append' &&
    existing !== undefined &&
    keys.length > 0 &&
    otherKey(keys, columns, existing) !== undefined;
  return {
    stream: header.stream,
    schema: place.schema,
    table: place.table,
    method: appends && method === 'upsert' ? 'append' : method,
    columns,
    keys: appends ? [] : keys,
    copy: {
      header,
      columns: placement.columns.map(({ name, type, column }) => ({
        name: column.name,
        target: name,
        pgType: type.type,
        column,
      })),
      extra: placement.extra,
      metadata,
    },
    isDirect: true,
    conversions: [],
    // What is to go elsewhere has its place by now; sizes may still grow where that is free.
    onTypeChange: policies.typeChange === 'evolve' || policies.typeChange === 'fail' ? policies.typeChange : 'variant',
    onKeyChange: policies.keyChange === 'rebuild' ? 'rebuild' : 'fail',
    maxRewriteRows: policies.maxRewriteRows,
    discarded: placement.discarded,
    filled: placement.filled,
    vacated: placement.extra.map(({ name }) => names.get(name)!),
  };
}

/** Our columns that are written. What a table has once, is always written: an update must not leave the old value. */
function metadataOf(
  header: StreamHeader,
  options: PlanOptions,
  { existing, promised }: TableView,
  hasExtra: boolean,
): readonly MetadataColumn[] {
  const has = (name: MetadataColumn): boolean => existing?.columns.get(name)?.base === 'jsonb' || promised.has(name);
  const metadata: MetadataColumn[] = hasExtra || has(EXTRA) ? [EXTRA] : [];
  metadata.push(...(options.metadata ? METADATA_COLUMNS : deletionMark(header, options)));
  if (options.metadata && (options.notesChanges || has(CHANGES))) metadata.push(CHANGES);
  return metadata;
}

/** How many data columns the table may have: all but those that it has beside them, and ours. */
function roomOf(existing: ExistingTable | undefined, names: ReadonlyMap<string, string>): number {
  const own = new Set(names.values());
  const others = [...(existing?.columns.keys() ?? [])].filter((name) => !own.has(name)).length;
  return MAX_COLUMNS - others - Object.keys(METADATA_TYPES).length;
}

function columnsOf({ columns }: Placement, metadata: readonly MetadataColumn[]): PlannedColumn[] {
  const data = columns.map(({ name, type, column }) => {
    const description = column.schema['description'];
    const comment = typeof description === 'string' && description !== '' ? { comment: description } : {};
    return { name, type, nullable: column.nullable, compared: isCompared(column.name), ...comment };
  });
  const ours = metadata.map((name) => {
    const type = METADATA_TYPES[name];
    return { name, type: { type, sql: type }, nullable: true, compared: isCompared(name) };
  });
  return [...data, ...ours];
}

function refuseUnusable(stream: string, table: string, keys: readonly string[], columns: readonly PlannedColumn[]): void {
  const lacking = keys.filter((key) => !columns.some((column) => column.name === key));
  if (lacking.length > 0) {
    throw new SystemError(`The key of ${stream} has no column: ${lacking.join(', ')}`, {
      code: 'key-without-column',
      facts: { stream, table, keys: lacking },
      hint: 'A key property needs a type other than null, and may not be a generated column.',
    });
  }
  if (columns.length > 0) return;
  throw new SystemError(`${stream} has no column: no property has a type other than null`, {
    code: 'no-columns',
    facts: { stream, table },
    hint: 'Select properties in the tap, or leave the stream out.',
  });
}

/** The key that a table was made for, if it is another one than `keys`. */
export function otherKey(
  keys: readonly string[],
  columns: readonly PlannedColumn[],
  existing: ExistingTable,
): UniqueIndex | undefined {
  if (isUnique(keys, existing)) return undefined;
  const planned = new Set(columns.map((column) => column.name));
  return existing.uniques.find(
    (index) => (index.primary || index.nullsEqual) && index.columns.every((name) => planned.has(name)),
  );
}

/** True when a unique index makes rows with equal keys impossible. */
export function isUnique(keys: readonly string[], existing: ExistingTable): boolean {
  return existing.uniques.some((index) => hasColumns(index, keys));
}

/** True for an index over these columns and no others. */
export function hasColumns({ columns }: UniqueIndex, names: readonly string[]): boolean {
  return columns.length === names.length && columns.every((name) => names.includes(name));
}

function methodOf(loadMethod: PlanOptions['loadMethod'], keys: readonly string[]): Method {
  if (loadMethod === 'append-only') return 'append';
  if (loadMethod === 'overwrite') return 'overwrite';
  return keys.length > 0 ? 'upsert' : 'append';
}

/** Taps of logs send the deletion mark in no schema: rows to be deleted are known by a column for it alone. */
function deletionMark(header: StreamHeader, { hardDelete, loadMethod }: PlanOptions): readonly MetadataColumn[] {
  const announced = header.columns.some(({ name }) => name === '_sdc_deleted_at');
  const byKey = header.keys.length > 0 && loadMethod !== 'append-only';
  return hardDelete && byKey && !announced ? ['_sdc_deleted_at'] : [];
}

/** The SDK's own fields are never taken from the record (but for a deletion mark that hard deletes will need). */
function isData(column: Column, options: PlanOptions): boolean {
  if (!Object.hasOwn(METADATA_TYPES, column.name)) return true;
  return !options.metadata && options.hardDelete && column.name === '_sdc_deleted_at';
}

/** Of our columns these are part of a row's meaning; the others say when and whence it came. */
const MEANING: ReadonlySet<string> = new Set(['_sdc_deleted_at', '_sdc_table_version', EXTRA]);

function isCompared(name: string): boolean {
  return !name.startsWith('_sdc_') || MEANING.has(name);
}
