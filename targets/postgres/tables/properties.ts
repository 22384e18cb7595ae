import { SystemError, type Column, type StreamHeader } from '../../../singer/index.ts';
import type { ExistingTable } from './catalog.ts';
import { fitOf, plainType, type Into } from '../types/fits.ts';
import { columnType, type ColumnType, type TypeOptions } from '../types/types.ts';

/** What becomes of a property that the table as it is cannot take. */
export interface ColumnPolicies {
  readonly newColumn: 'evolve' | 'json' | 'discard' | 'fail';
  readonly typeChange: 'evolve' | 'variant' | 'json' | 'discard' | 'fail';
  readonly missingColumn: 'keep' | 'fail';
}

/** A stream's table as far as it is known when a SCHEMA comes. */
export interface TableView {
  /** Undefined: not there. */
  readonly existing: ExistingTable | undefined;
  /** Columns that earlier SCHEMAs of the run have planned and that may not be made yet. */
  readonly promised: ReadonlyMap<string, ColumnType>;
  /** Integer properties that have sent a value beyond bigint. */
  readonly wide: ReadonlySet<string>;
}

/** A property with the column it gets. */
export interface Placed {
  readonly name: string;
  readonly type: ColumnType;
  readonly column: Column;
}

export interface Placement {
  readonly columns: readonly Placed[];
  /** Properties that go into the one JSON column. */
  readonly extra: readonly Column[];
  /** Properties that a policy leaves out. */
  readonly discarded: readonly string[];
  /** Columns that fill themselves and take no values. */
  readonly filled: readonly string[];
}

export interface PlacementOptions {
  readonly policies: ColumnPolicies;
  readonly types: TypeOptions;
  /** Columns that the table may have beside these. */
  readonly room: number;
}

/**
 * Decides for each property whether it gets a column, by what the table has and the policies say. `names` are the columns' names
 * by property. Throws SystemError `new-column`, `column-type`, `too-many-columns` where a policy is to fail.
 */
export function placeProperties(
  header: StreamHeader,
  data: readonly Column[],
  names: ReadonlyMap<string, string>,
  view: TableView,
  options: PlacementOptions,
): Placement {
  const placed: Placed[] = [];
  const others = { extra: [] as Column[], discarded: [] as string[], filled: [] as string[] };
  for (const column of data) {
    const name = names.get(column.name)!;
    const type = typeOf(column, name, view, options.types);
    if (type === undefined) continue;
    const way = wayOf(header, { column, name, type }, view, options.policies);
    if (way === 'column') placed.push({ name, type, column });
    else if (way === 'json') others.extra.push(column);
    else if (way === 'filled') others.filled.push(name);
    else others.discarded.push(column.name);
  }
  return withinRoom(header, placed, others, options);
}

type Way = 'column' | 'json' | 'discard' | 'filled';

function wayOf({ stream, keys }: StreamHeader, placed: Placed, view: TableView, policies: ColumnPolicies): Way {
  const { name, type, column } = placed;
  const there = view.existing?.columns.get(name);
  const isKey = keys.includes(column.name);
  if (there?.generated === true || (there?.numbered === true && !isKey)) return 'filled';
  const isKnown = view.existing !== undefined || view.promised.size > 0;
  const into = there ?? intoOf(view.promised.get(name));
  if (into === undefined) {
    if (!isKnown || isKey || policies.newColumn === 'evolve') return 'column';
    if (policies.newColumn !== 'fail') return policies.newColumn;
    throw refusal(stream, 'new-column', name, 'is new', 'on_new_column');
  }
  const { typeChange } = policies;
  if (isKey || typeChange === 'evolve' || typeChange === 'variant' || fitOf(type, into) !== undefined) return 'column';
  if (typeChange !== 'fail') return typeChange;
  throw refusal(
    stream,
    'column-type',
    name,
    `is now ${type.sql}, which ${there?.sql ?? 'its column'} does not take,`,
    'on_type_change',
  );
}

function refusal(stream: string, code: string, column: string, what: string, setting: string): SystemError {
  return new SystemError(`Column ${column} of ${stream} ${what} and ${setting} is fail`, {
    code,
    facts: { stream, column },
    hint: `Change the table by hand, deselect the property in the tap, or choose another ${setting}.`,
  });
}

/** The announced type, but numeric for an integer that has or needs it: a bigint column would refuse what the other can hold. */
function typeOf(column: Column, name: string, view: TableView, types: TypeOptions): ColumnType | undefined {
  const type = columnType(column, types);
  if (type?.type !== 'bigint') return type;
  const there = view.existing?.columns.get(name);
  const isWide =
    view.wide.has(column.name) || (there?.base === 'numeric' && there.modifier < 0) || view.promised.get(name)?.sql === 'numeric';
  return isWide ? { type: 'numeric', sql: 'numeric' } : type;
}

function intoOf(promised: ColumnType | undefined): Into | undefined {
  return promised && plainType(promised.type);
}

/** Leaves out what a table has no room for: into the JSON column if new ones go there, else it is a failure. */
function withinRoom(
  { stream, keys }: StreamHeader,
  placed: readonly Placed[],
  others: Omit<Placement, 'columns'>,
  { policies, room }: PlacementOptions,
): Placement {
  if (placed.length <= room) return { columns: placed, ...others };
  if (policies.newColumn !== 'json') {
    throw new SystemError(`${stream} needs ${placed.length} columns; its table has room for ${room}`, {
      code: 'too-many-columns',
      facts: { stream, columns: placed.length, room },
      hint: 'Deselect properties in the tap, or set on_new_column to json: what has no room is then kept in _sdc_extra.',
    });
  }
  const isKey = ({ column }: Placed): boolean => keys.includes(column.name);
  const kept = new Set([...placed.filter(isKey), ...placed.filter((one) => !isKey(one))].slice(0, room));
  const extra = placed.filter((one) => !kept.has(one)).map(({ column }) => column);
  return { columns: placed.filter((one) => kept.has(one)), ...others, extra: [...others.extra, ...extra] };
}

/** Throws SystemError `column-missing` when the table has columns that the stream no longer announces and that nothing fills. */
export function refuseMissing(stream: string, existing: ExistingTable, planned: ReadonlySet<string>): void {
  const missing = [...existing.columns.values()]
    .filter(
      ({ name, fills, generated, variantOf }) =>
        !planned.has(name) && !name.startsWith('_sdc_') && !fills && !generated && variantOf === undefined,
    )
    .map(({ name }) => name);
  if (missing.length === 0) return;
  throw new SystemError(`${stream} no longer has ${missing.join(', ')}, and on_missing_column is fail`, {
    code: 'column-missing',
    facts: { stream, columns: missing },
    hint: 'See whether the source has dropped or renamed them; then drop the columns, or set on_missing_column to keep.',
  });
}
