import {
  cleanJsonText,
  decodedBytes,
  hasNonFinite,
  type Json,
  jsonValue,
  noteChange,
  numberText,
  refuseValue,
  stringifyExact,
  type Unfit,
  withWords,
} from '../../../singer/index.ts';
import type { PlainType } from '../types/types.ts';
import { listWriter, structWriter } from './nested-values.ts';
import { decimalText, float64Text, int64Text, type Written } from './numbers.ts';
import type { ChangeReason, Place, ValueWriter } from './row-plan.ts';
import { dateText, timestampText, timeText, type TimeText } from './times.ts';

export function valueWriter(place: Place): ValueWriter {
  const { type } = place.column;
  if (type.repeated === true) return listWriter(place, valueWriter);
  if (type.type === 'STRUCT') return structWriter(place, valueWriter);
  const write = WRITERS[type.type];
  return (value) => (value === null || value === undefined ? undefined : write(value, place));
}

type Writer = (value: NonNullable<Json>, place: Place) => string | undefined;

const WRITERS: Readonly<Record<PlainType, Writer>> = {
  STRING: (value, place) => {
    // A number that JSON does not have is a word in text.
    const text = typeof value === 'string' ? value : typeof value === 'number' ? numberText(value, place) : stringifyExact(value);
    return JSON.stringify(clean(text, place));
  },
  INT64: (value, place) => number(value, place, int64Text),
  FLOAT64: (value, place) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return `"${String(value)}"`;
    return number(value, place, float64Text, 'rounded-to-double');
  },
  NUMERIC: (value, place) => number(value, place, (text) => decimalText(text, place.column.type), 'rounded-to-scale'),
  BIGNUMERIC: (value, place) => number(value, place, (text) => decimalText(text, place.column.type), 'rounded-to-scale'),
  BOOL: (value, place) => (typeof value === 'boolean' ? String(value) : refuseValue(place, 'is no boolean', 'value-wrong-type')),
  DATE: (value, place) => time(value, place, dateText),
  TIME: (value, place) => time(value, place, timeText),
  DATETIME: (value, place) => time(value, place, timestampText),
  TIMESTAMP: (value, place) => time(value, place, timestampText),
  BYTES: (value, place) => {
    const bytes = typeof value === 'string' ? decodedBytes(value, place.column.column?.encoding) : undefined;
    if (bytes === undefined) return refuseValue(place, 'is not encoded as its schema says', 'value-wrong-type');
    return `"${bytes.toString('base64')}"`;
  },
  JSON: jsonText,
};

/** Text that UTF-8 can hold; what had to be changed is told. */
function clean(text: string, place: Place): string {
  const kept = text.toWellFormed();
  if (kept !== text) noteChange(place, 'surrogate-replaced', text);
  return kept;
}

function jsonText(value: NonNullable<Json>, place: Place): string {
  const given = jsonValue(value, place);
  const text = stringifyExact(given);
  // Numbers that JSON does not have are written as null.
  if (text.includes('null') && hasNonFinite(given)) noteChange(place, 'not-a-number', withWords(given));
  return LONE_ESCAPE.test(text) ? cleanJsonText(given, (part) => clean(part, place)) : text;
}

/** How JSON.stringify writes half of a pair; a backslash that is itself escaped may stand before it, which only costs time. */
const LONE_ESCAPE = /\\ud[89a-f]/;

function number(
  value: NonNullable<Json>,
  place: Place,
  read: (text: string) => Written | Unfit,
  loss?: ChangeReason,
): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    noteChange(place, 'not-a-number', String(value));
    return undefined;
  }
  const result = read(numberText(value, place));
  if (typeof result === 'string') return refuseNumber(result, place);
  if (result.lost && loss !== undefined) noteChange(place, loss, value);
  return result.text;
}

function refuseNumber(why: Unfit, place: Place): never {
  const { type } = place.column.type;
  if (why === 'out-of-range') {
    return refuseValue(
      place,
      `is beyond what a column of type ${type} holds`,
      'value-out-of-range',
      'Announce it with its bounds, or as text.',
    );
  }
  return refuseValue(place, why === 'not-an-integer' ? 'is no integer' : 'is no number', 'value-wrong-type');
}

const LOSSES = { fraction: 'cut-to-microseconds', zone: 'zone-dropped', time: 'time-of-day-dropped' } as const;

function time(value: NonNullable<Json>, place: Place, read: (text: string) => TimeText): string {
  const result = typeof value === 'string' ? read(value) : undefined;
  if (result === undefined)
    return refuseValue(place, `is no ${place.column.type.type} that BigQuery can hold`, 'value-out-of-range');
  if (result.lost !== undefined) noteChange(place, LOSSES[result.lost], value);
  return `"${result.text}"`;
}
