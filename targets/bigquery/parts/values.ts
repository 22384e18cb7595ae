import {
  ExactNumber,
  hasNonFinite,
  isJsonObject,
  type Json,
  parseExact,
  RecordError,
  stringifyExact,
  withWords,
} from '../../../singer/index.ts';
import type { BigQueryType } from '../types/types.ts';
import { decimalText, float64Text, int64Text, type Unfit, type Written } from './numbers.ts';
import type { RowChanges } from './row-changes.ts';
import type { ChangeReason, RowColumn } from './row-plan.ts';
import { dateText, timestampText, timeText, type TimeText } from './times.ts';

/** What a value's writer must know of its place. */
export interface Place {
  readonly stream: string;
  readonly column: Pick<RowColumn, 'name' | 'target' | 'type'> & Partial<Pick<RowColumn, 'column'>>;
  /** Where it tells what became of the value. */
  readonly changes: RowChanges;
}

/** Gives the JSON text of a value for a load file; undefined for null, which is left out. Throws RecordError for a value the column cannot hold. */
export type ValueWriter = (value: Json | undefined) => string | undefined;

export function valueWriter(place: Place): ValueWriter {
  const write = WRITERS[place.column.type.type];
  return (value) => (value === null || value === undefined ? undefined : write(value, place));
}

type Writer = (value: NonNullable<Json>, place: Place) => string | undefined;

const WRITERS: Readonly<Record<BigQueryType, Writer>> = {
  STRING: (value, place) => {
    // A number that JSON does not have is a word in text.
    const text = typeof value === 'string' ? value : typeof value === 'number' ? plainNumber(value) : stringifyExact(value);
    return JSON.stringify(SURROGATE.test(text) ? clean(text, place) : text);
  },
  INT64: (value, place) => number(value, place, int64Text),
  FLOAT64: (value, place) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return `"${String(value)}"`;
    return number(value, place, float64Text, 'rounded-to-double');
  },
  NUMERIC: (value, place) => number(value, place, (text) => decimalText(text, place.column.type), 'rounded-to-scale'),
  BIGNUMERIC: (value, place) => number(value, place, (text) => decimalText(text, place.column.type), 'rounded-to-scale'),
  BOOL: (value, place) => (typeof value === 'boolean' ? String(value) : refuse(place, 'is no boolean', 'value-wrong-type')),
  DATE: (value, place) => time(value, place, dateText),
  TIME: (value, place) => time(value, place, timeText),
  DATETIME: (value, place) => time(value, place, timestampText),
  TIMESTAMP: (value, place) => time(value, place, timestampText),
  BYTES: (value, place) => {
    const text = typeof value === 'string' ? base64Of(value, place.column.column?.encoding) : undefined;
    return text === undefined ? refuse(place, 'is not encoded as its schema says', 'value-wrong-type') : `"${text}"`;
  },
  JSON: jsonText,
};

/** Every half of a surrogate pair; whether one is alone is looked at only then. */
const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text that UTF-8 can hold; what had to be changed is told. */
function clean(text: string, place: Place): string {
  const kept = text.replaceAll(LONE_SURROGATE, '\ufffd');
  if (kept !== text) changed(place, 'surrogate-replaced', text);
  return kept;
}

function jsonText(value: NonNullable<Json>, place: Place): string {
  const announced = place.column.column?.schema['contentMediaType'];
  const given = typeof value === 'string' && announced === 'application/json' ? parsed(value) : value;
  const text = stringifyExact(given);
  // Numbers that JSON does not have are written as null.
  if (text.includes('null') && hasNonFinite(given)) changed(place, 'not-a-number', withWords(given));
  return LONE_ESCAPE.test(text) ? stringifyExact(cleanDeep(given, place)) : text;
}

/** How JSON.stringify writes half of a pair; a backslash that is itself escaped may stand before it, which only costs time. */
const LONE_ESCAPE = /\\ud[89a-f]/;

function cleanDeep(value: Json, place: Place): Json {
  if (typeof value === 'string') return clean(value, place);
  if (Array.isArray(value)) return value.map((item: Json) => cleanDeep(item, place));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [clean(name, place), cleanDeep(member ?? null, place)] as const);
  return Object.fromEntries(members);
}

/** The JSON that a string holds, the string itself if it holds none. */
function parsed(text: string): Json {
  try {
    return parseExact(text);
  } catch {
    // Not an accident: text that is no JSON is kept as a JSON string.
    return text;
  }
}

function number(
  value: NonNullable<Json>,
  place: Place,
  read: (text: string) => Written | Unfit,
  loss?: ChangeReason,
): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    changed(place, 'not-a-number', String(value));
    return undefined;
  }
  const result = read(numberText(value, place));
  if (typeof result === 'string') return refuseNumber(result, place);
  if (result.lost && loss !== undefined) changed(place, loss, value);
  return result.text;
}

function numberText(value: NonNullable<Json>, place: Place): string {
  if (typeof value === 'number') return plainNumber(value);
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'string' ? value : refuse(place, 'is no number', 'value-wrong-type');
}

function plainNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function refuseNumber(why: Unfit, place: Place): never {
  const { type } = place.column.type;
  if (why === 'out-of-range') {
    return refuse(
      place,
      `is beyond what a column of type ${type} holds`,
      'value-out-of-range',
      'Announce it with its bounds, or as text.',
    );
  }
  return refuse(place, why === 'not-an-integer' ? 'is no integer' : 'is no number', 'value-wrong-type');
}

const LOSSES = { fraction: 'cut-to-microseconds', zone: 'zone-dropped', time: 'time-of-day-dropped' } as const;

function time(value: NonNullable<Json>, place: Place, read: (text: string) => TimeText): string {
  const result = typeof value === 'string' ? read(value) : undefined;
  if (result === undefined) return refuse(place, `is no ${place.column.type.type} that BigQuery can hold`, 'value-out-of-range');
  if (result.lost !== undefined) changed(place, LOSSES[result.lost], value);
  return `"${result.text}"`;
}

const BASE16 = /^(?:[\da-f]{2})*$/i;
const BASE64 = /^[\w+/-]*={0,2}$/;

/** Padded base64 of the usual alphabet. */
function base64Of(text: string, encoding: 'base64' | 'base16' | undefined): string | undefined {
  if (encoding === 'base16') return BASE16.test(text) ? Buffer.from(text, 'hex').toString('base64') : undefined;
  // Line breaks are usual in base64 (MIME).
  const packed = text.replaceAll(/\s/g, '');
  const digits = packed.replace(/=+$/, '').length;
  return BASE64.test(packed) && digits % 4 !== 1 ? Buffer.from(packed, 'base64').toString('base64') : undefined;
}

function changed({ column, changes }: Place, reason: ChangeReason, old: Json): void {
  changes.add({ property: column.name, target: column.target, reason, old });
}

function refuse({ stream, column }: Place, what: string, code: string, hint?: string): never {
  throw new RecordError(`A value of ${stream}.${column.name} ${what}`, {
    code,
    facts: { stream, property: column.name, column: column.target, type: column.type.type },
    ...(hint === undefined ? {} : { hint }),
  });
}
