import { ExactNumber, type Json, type Row, stringifyExact } from '../../singer/index.ts';
import { safePartition } from './file-name.ts';

/** Where rows without a value go, as Hive has it. */
const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

/** One level of folders: a column's value, or a piece of its time. */
export interface PartitionLevel {
  readonly column: string;
  /** Before the `=`. */
  readonly name: string;
  /** Characters of `yyyy-MM-ddTHH` that are taken; undefined: the value as it is. */
  readonly time: readonly [number, number] | undefined;
}

const TIME_PIECES = { year: [0, 4], month: [0, 7], date: [0, 10], hour: [0, 13] } as const;

/** Reads `partition_by`: columns, or `year(column)`, `month(column)`, `date(column)`, `hour(column)`. */
export function parsePartitionBy(
  expressions: readonly string[],
  problem: (path: string, message: string) => void,
): PartitionLevel[] {
  const read = expressions.map((expression, i) => {
    const [, name, column] = /^\s*([A-Za-z]+)\(\s*(.+?)\s*\)\s*$/.exec(expression) ?? [];
    if (name === undefined || column === undefined) {
      if (expression === '') problem(`partition_by[${i}]`, 'names no column');
      return { column: expression, name: expression, time: undefined };
    }
    if (!Object.hasOwn(TIME_PIECES, name)) {
      problem(
        `partition_by[${i}]`,
        `does not know ${name}(): use ${Object.keys(TIME_PIECES)
          .map((one) => `${one}()`)
          .join(', ')}`,
      );
    }
    return { column, name, time: TIME_PIECES[name as keyof typeof TIME_PIECES] };
  });
  return read.map((level, i) => {
    const { column, name, time } = level;
    const dated = read.slice(0, i).some((earlier) => earlier.column === column && earlier.name === 'date');
    const shared = read.some((other) => other !== level && other.name.toLowerCase() === name.toLowerCase());
    return {
      column,
      name: safePartition(shared ? `${name}_${column}` : name),
      // Behind the date of the same column the hour alone says it all.
      time: name === 'hour' && dated ? [11, 13] : time,
    };
  });
}

/** The folders of a row: `date=2026-01-31/country=DE`. `values` are the columns' texts, undefined for null and absent. */
export function partitionPath(levels: readonly PartitionLevel[], values: readonly (string | undefined)[]): string {
  return levels
    .map(({ name, time }, i) => {
      const value = values[i];
      const text = value === undefined || time === undefined ? value : timePiece(value, time);
      return `${name}=${text === undefined || text === '' ? NO_VALUE : safePartition(text)}`;
    })
    .join('/');
}

function timePiece(value: string, [from, to]: readonly [number, number]): string | undefined {
  const hour = hourOf(value);
  if (hour === undefined) return undefined;
  // A year that needs more than four digits has a sign and six of them.
  const more = hour.length - HOUR_LENGTH;
  return hour.slice(from === 0 ? 0 : from + more, to + more);
}

/** A value as the text that its folder is named after; undefined for null and absent. */
export function valueText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return stringifyExact(value);
  return String(value);
}

/** The texts of a record's partition columns. */
export function partitionValues(levels: readonly PartitionLevel[], record: Row): (string | undefined)[] {
  return levels.map(({ column }) => (Object.hasOwn(record, column) ? valueText(record[column]) : undefined));
}

/** Of `yyyy-MM-ddTHH`. */
const HOUR_LENGTH = 13;

const TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d)(?::?(\d\d))?(?::?\d\d(?:[.,]\d+)?)?\s*([Zz]|[-+]\d\d(?::?\d\d)?)?)?$/;

/** A date or time as `yyyy-MM-ddTHH` in UTC (one without an offset as it is); undefined if it is none. */
function hourOf(text: string): string | undefined {
  const [, day, hour = '00', minute = '00', offset = 'Z'] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  const [, sign, hours, minutes = '00'] = /^([-+])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
  const at = Date.parse(`${day}T${hour}:${minute}:00${sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`}`);
  return Number.isNaN(at) || !isDay(day) ? undefined : new Date(at).toISOString().replace(/:.*/, '');
}

/** False for the 30th of February, which `Date` takes as a day in March. */
function isDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}
