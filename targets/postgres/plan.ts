import { assignNames, SystemError, type Column, type NameRules, type StreamHeader } from '../../singer/index.ts';
import type { CopyColumn, CopyPlan } from './copy-encoder.ts';
import type { Place } from './naming.ts';
import { columnType, METADATA_COLUMNS, METADATA_TYPES, type ColumnType } from './types.ts';

/** How a stream's records meet the rows that are there. */
export type Method = 'append' | 'upsert' | 'overwrite';

export interface PlannedColumn {
  /** The column's name. */
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** False for what differs at every load (times of our own): it alone makes no row a changed one. */
  readonly compared: boolean;
}

/** What one SCHEMA of a stream asks of its table. */
export interface TablePlan {
  readonly stream: string;
  readonly schema: string;
  readonly table: string;
  readonly method: Method;
  /** In the order of the COPY text: data columns, then metadata columns. */
  readonly columns: readonly PlannedColumn[];
  /** Key columns that make rows one; empty for append. */
  readonly keys: readonly string[];
  readonly copy: CopyPlan;
}

export interface PlanOptions {
  readonly loadMethod: 'append-only' | 'upsert' | 'overwrite';
  readonly metadata: boolean;
  readonly hardDelete: boolean;
  readonly binaryAs: 'bytea' | 'text';
  readonly names: NameRules;
}

/** More columns than this Postgres never takes (fewer when they are wide). */
const MAX_COLUMNS = 1600;

/**
 * Plans the table of a stream. `skip` names columns that cannot be written (generated ones of an existing table). Throws
 * SystemError `too-many-columns`, `key-without-column`.
 */
export function planTable(
  header: StreamHeader,
  place: Place & { readonly schema: string },
  options: PlanOptions,
  skip: ReadonlySet<string>,
): TablePlan {
  const metadata = options.metadata ? METADATA_COLUMNS : [];
  const data = header.columns.filter((column) => isData(column, options));
  // Metadata columns take part so that a property which folds to the same name gets another.
  const names = assignNames([...data.map((column) => column.name), ...metadata], options.names);
  const columns: PlannedColumn[] = [];
  const copied: CopyColumn[] = [];
  for (const column of data) {
    const name = names.get(column.name)!;
    const type = typeOf(column, options);
    if (type === undefined || skip.has(name)) continue;
    columns.push({ name, type, nullable: column.nullable, compared: isCompared(column.name) });
    copied.push({ name: column.name, target: name, pgType: type.type, column });
  }
  for (const name of metadata) {
    const type = METADATA_TYPES[name];
    columns.push({ name, type: { type, sql: type }, nullable: true, compared: isCompared(name) });
  }
  const method = methodOf(options.loadMethod, header.keys);
  const keys = method === 'append' ? [] : header.keys.map((key) => names.get(key) ?? key);
  const lacking = keys.filter((key) => !columns.some((column) => column.name === key));
  const facts = { stream: header.stream, table: place.table };
  if (lacking.length > 0) {
    throw new SystemError(`The key of ${header.stream} has no column: ${lacking.join(', ')}`, {
      code: 'key-without-column',
      facts: { ...facts, keys: lacking },
      hint: 'A key property needs a type other than null, and may not be a generated column.',
    });
  }
  if (columns.length === 0) {
    throw new SystemError(`${header.stream} has no column: no property has a type other than null`, {
      code: 'no-columns',
      facts,
      hint: 'Select properties in the tap, or leave the stream out.',
    });
  }
  if (columns.length > MAX_COLUMNS) {
    throw new SystemError(`${header.stream} has ${columns.length} columns; a Postgres table takes ${MAX_COLUMNS} at most`, {
      code: 'too-many-columns',
      facts: { ...facts, columns: columns.length },
      hint: 'Deselect properties in the tap.',
    });
  }
  return {
    stream: header.stream,
    schema: place.schema,
    table: place.table,
    method,
    columns,
    keys,
    copy: { header, columns: copied, metadata },
  };
}

function methodOf(loadMethod: PlanOptions['loadMethod'], keys: readonly string[]): Method {
  if (loadMethod === 'append-only') return 'append';
  if (loadMethod === 'overwrite') return 'overwrite';
  return keys.length > 0 ? 'upsert' : 'append';
}

/** The SDK's own fields are never taken from the record (but for a deletion mark that hard deletes will need). */
function isData(column: Column, options: PlanOptions): boolean {
  if (!Object.hasOwn(METADATA_TYPES, column.name)) return true;
  return !options.metadata && options.hardDelete && column.name === '_sdc_deleted_at';
}

/** Of the metadata, deletion and version are part of a row's meaning; the rest says when and whence it came. */
function isCompared(name: string): boolean {
  return !name.startsWith('_sdc_') || name === '_sdc_deleted_at' || name === '_sdc_table_version';
}

function typeOf(column: Column, options: PlanOptions): ColumnType | undefined {
  if (column.type === 'binary' && options.binaryAs === 'text') return { type: 'text', sql: 'text' };
  return columnType(column);
}
