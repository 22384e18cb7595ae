import type { Json } from '../../singer/index.ts';
import { dateText, type DatedText, datedText, dayNumber } from '../civil.ts';
import { ValueFault } from '../fault.ts';
import type { Field, Fields, Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';
import { bandName, bandNames, bandOf, isRising } from './bands.ts';

export type DatePart = 'year' | 'quarter' | 'month' | 'week' | 'decade';

const PARTS: Readonly<Record<DatePart, (date: DatedText) => string>> = {
  year: ({ year }) => four(year),
  quarter: ({ month, year }) => `${four(year)}-Q${Math.ceil(month / 3)}`,
  month: ({ month, year }) => `${four(year)}-${String(month).padStart(2, '0')}`,
  week: weekOf,
  decade: ({ year }) => `${four(year - (year % 10))}s`,
};

/** A step that leaves only a part of a date. */
export function dateStep(part: DatePart, { schema }: Field): Step {
  return { schema: schemaLike(schema, 'string'), apply: (value) => PARTS[part](dateOf(value)) };
}

const STARTS: Readonly<Record<DatePart, (date: DatedText) => number>> = {
  year: ({ year }) => dayNumber({ year, month: 1, day: 1 }),
  quarter: ({ month, year }) => dayNumber({ year, month: month - ((month - 1) % 3), day: 1 }),
  month: ({ month, year }) => dayNumber({ year, month, day: 1 }),
  week: (date) => mondayOf(dayNumber(date)),
  decade: ({ year }) => dayNumber({ year: Math.max(year - (year % 10), 1), month: 1, day: 1 }),
};

/** A step that puts the first day of a period in place of a date. */
export function startStep(part: DatePart, { schema }: Field): Step {
  const { format } = schema;
  return {
    schema: schemaLike(schema, 'string', format === 'date' || format === 'date-time' ? { format } : {}),
    apply(value) {
      const date = dateOf(value);
      const start = dateText(STARTS[part](date));
      if (start === undefined) throw new ValueFault('out-of-range', 'would leave the years 1 to 9999');
      return start + date.rest;
    },
  };
}

/** A date or date-time. Throws ValueFault for anything else. */
export function dateOf(value: Json | undefined): DatedText {
  const date = typeof value === 'string' ? datedText(value) : undefined;
  if (date === undefined) throw new ValueFault('not-a-date', 'is no date');
  return date;
}

function four(year: number): string {
  return String(year).padStart(4, '0');
}

/** The Monday of a day's week. 1970-01-01 was a Thursday. */
function mondayOf(days: number): number {
  return days - ((((days + 3) % 7) + 7) % 7);
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function weekOf(date: DatedText): string {
  const thursday = mondayOf(dayNumber(date)) + 3;
  const year = new Date(thursday * 86_400_000).getUTCFullYear();
  const week = Math.floor((thursday - dayNumber({ year, month: 1, day: 1 })) / 7) + 1;
  return `${four(year)}-W${String(week).padStart(2, '0')}`;
}

export interface Age {
  readonly from: string | undefined;
  readonly at: string;
  readonly bands: number | readonly number[] | undefined;
  readonly top: number;
}

/** A step that puts an age in place of a date of birth. */
export function ageStep({ at, bands, from, top }: Age, field: Field): Step {
  const fixed = at === 'today' ? datedText(new Date().toISOString()) : datedText(at);
  if (fixed === undefined && field.schemaOf(at) === undefined)
    field.problem('must be a date, the name of a field, or today', 'age.at');
  if (from !== undefined && field.schemaOf(from) === undefined) field.problem(`the schema has no field ${from}`, 'age.from');
  if (typeof bands === 'number' && bands < 1) field.problem('must be at least 1', 'age.bands');
  if (typeof bands === 'object' && (bands.length === 0 || !isRising(bands))) field.problem('must be ages that rise', 'age.bands');
  const ageOf = (value: Json | undefined, record: Fields): number => {
    const birth = dateOf(from === undefined ? value : record.get(from));
    const day = fixed ?? dateOf(record.get(at));
    const hadBirthday = day.month > birth.month || (day.month === birth.month && day.day >= birth.day);
    const age = day.year - birth.year - (hadBirthday ? 0 : 1);
    if (age < 0) throw new ValueFault('out-of-range', 'is a birth after the date at which the age counts');
    return Math.min(age, top);
  };
  if (bands === undefined) return { schema: schemaLike(field.schema, 'integer'), apply: ageOf };
  const nameOf = typeof bands === 'number' ? evenNames(bands, top) : namesAt(bands, top);
  return { schema: schemaLike(field.schema, 'string'), apply: (value, record) => nameOf(ageOf(value, record)) };
}

function evenNames(width: number, top: number): (age: number) => string {
  return (age) => {
    const start = age - (age % width);
    return age >= top ? `${top}+` : bandName(start, Math.min(start + width, top), true);
  };
}

function namesAt(edges: readonly number[], top: number): (age: number) => string {
  const all = [...edges.filter((edge) => edge < top), top];
  const names = bandNames(all, true);
  return (age) => names[bandOf(all, age)]!;
}
