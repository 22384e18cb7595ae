import {
  cleanJsonText,
  decodedBytes,
  ExactNumber,
  hasNonFinite,
  isJsonObject,
  type Json,
  jsonValue,
  noteChange,
  numberText,
  refuseValue,
  stringifyExact,
  type Unfit,
  type ValuePlace,
  withWords,
} from '../../../singer/index.ts';
import { bigintText, numericText } from './numbers.ts';
import type { ChangeReason, CopyOptions } from './plan.ts';
import { dateText, timestampText, timeText, type TimeText } from './times.ts';
import type { PgType } from '../types/types.ts';

/** COPY text of a null. */
export const NULL = '\\N';

/** What a field's writer must know of its place. */
export interface Field extends ValuePlace<ChangeReason> {
  readonly type: PgType;
  readonly options: CopyOptions;
}

/** Gives the COPY text of a value. Throws RecordError for a value the column cannot hold. */
export type FieldWriter = (value: Json | undefined) => string;

/** The writer of a column's values. */
export function fieldWriter(field: Field): FieldWriter {
  const write = WRITERS[field.type];
  return (value) => {
    if (value === null || value === undefined) return NULL;
    if (typeof value === 'number' && !Number.isFinite(value)) return nonFinite(value, field);
    return write(value, field) ?? NULL;
  };
}

/** NaN, Infinity and -Infinity, which numeric and text have and no other type. */
function nonFinite(value: number, field: Field): string {
  if (field.type === 'numeric' || field.type === 'text') return String(value);
  noteChange(field, 'not-a-number', String(value));
  return NULL;
}

/** By column type; undefined is null. */
const WRITERS: Readonly<Record<PgType, (value: NonNullable<Json>, field: Field) => string | undefined>> = {
  text: (value, field) => {
    if (typeof value !== 'string') return escapeText(stringifyExact(value));
    return DOUBTFUL.test(value) ? escapeText(clean(value, field)) : value;
  },
  bigint: (value, field) => {
    const result = bigintText(numberText(value, field));
    if (typeof result !== 'string') return result.text;
    if (result !== 'out-of-range' || field.options.widensIntegers !== true) return refuseNumber(result, field);
    field.options.onNeed?.({ kind: 'numeric', property: field.column.name });
    return undefined;
  },
  numeric: (value, field) => {
    const text = numberText(value, field);
    const { column } = field.column;
    const sized = column?.type === 'decimal' && column.precision !== undefined;
    const result = sized ? numericText(text, column.precision, column.scale) : numericText(text);
    if (typeof result === 'string') return refuseNumber(result, field);
    if (result.rounded) noteChange(field, 'rounded-to-scale', value);
    return result.text;
  },
  boolean: (value, field) =>
    typeof value === 'boolean' ? (value ? 't' : 'f') : refuseValue(field, 'is no boolean', 'value-wrong-type'),
  date: (value, field) => time(value, field, dateText),
  time: (value, field) => time(value, field, timeText),
  timestamptz: (value, field) => time(value, field, (text) => timestampText(text, field.options.timeZone)),
  uuid: (value, field) =>
    typeof value === 'string' && UUID.test(value) ? value : refuseValue(field, 'is no UUID', 'value-wrong-type'),
  bytea: (value, field) => {
    const bytes = typeof value === 'string' ? decodedBytes(value, field.column.column?.encoding) : undefined;
    if (bytes === undefined) return refuseValue(field, 'is not encoded as its schema says', 'value-wrong-type');
    return `\\\\x${bytes.toString('hex')}`;
  },
  jsonb: (value, field) => escapeText(jsonText(value, field)),
};

const UUID = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i;

/** Characters with a meaning of their own in COPY text. */
const SPECIAL = /[\\\t\n\r]/;
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPED[character]!) : text;
}

/** What either of the two below is for; one look at most texts is enough. */
// oxlint-disable-next-line no-control-regex -- NUL is looked for
const DOUBTFUL = /[\\\t\n\r\0\ud800-\udfff]/;

/** NUL, and every half of a surrogate pair; whether one is alone is looked at only then. */
// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const UNSTORABLE = /[\0\ud800-\udfff]/;
const REPLACEMENT = '\ufffd';

/** Text that Postgres can store; what had to be changed is told. */
function clean(text: string, field: Field): string {
  if (!UNSTORABLE.test(text)) return text;
  let clean = text.toWellFormed();
  if (clean !== text) noteChange(field, 'surrogate-replaced', text);
  if (!clean.includes('\0')) return clean;
  const { nulPolicy } = field.options;
  if (nulPolicy === 'fail')
    return refuseValue(
      field,
      'has a character U+0000, which Postgres cannot store',
      'value-has-nul',
      'Set nul_policy to strip or replace.',
    );
  clean = clean.replaceAll('\0', nulPolicy === 'strip' ? '' : REPLACEMENT);
  noteChange(field, nulPolicy === 'strip' ? 'nul-stripped' : 'nul-replaced', text);
  return clean;
}

/** How JSON.stringify writes what jsonb refuses; a backslash that is itself escaped may stand before it, which only costs time. */
const UNSTORABLE_JSON = /\\u(?:0000|d[89a-f])/;

/** Numbers that may be beyond numeric, which jsonb keeps them as; may match inside strings, which only costs time. */
const DOUBTFUL_NUMBER = /\d[eE][-+]?\d{4}|[\d.]{16384}/;

function jsonText(value: NonNullable<Json>, field: Field): string {
  const given = jsonValue(value, field);
  const text = stringifyExact(given);
  // Numbers that JSON does not have are written as null.
  if (text.includes('null') && hasNonFinite(given)) noteChange(field, 'not-a-number', withWords(given));
  if (DOUBTFUL_NUMBER.test(text)) refuseHugeNumbers(given, field);
  return UNSTORABLE_JSON.test(text) ? cleanJsonText(given, (part) => clean(part, field)) : text;
}

function refuseHugeNumbers(value: Json, field: Field): void {
  if (value instanceof ExactNumber) {
    if (numericText(value.text) === 'out-of-range') refuseNumber('out-of-range', field);
  } else if (Array.isArray(value)) value.forEach((item: Json) => refuseHugeNumbers(item, field));
  else if (isJsonObject(value)) for (const member of Object.values(value)) refuseHugeNumbers(member ?? null, field);
}

function refuseNumber(why: Unfit, field: Field): never {
  if (why === 'out-of-range') {
    return refuseValue(
      field,
      `is beyond what a column of type ${field.type} holds`,
      'value-out-of-range',
      'Announce it as a number, or give the column another type.',
    );
  }
  return refuseValue(field, why === 'not-an-integer' ? 'is no integer' : 'is no number', 'value-wrong-type');
}

const LOSSES = { fraction: 'rounded-to-microseconds', zone: 'zone-dropped', time: 'time-of-day-dropped' } as const;

function time(value: NonNullable<Json>, field: Field, read: (text: string) => TimeText): string | undefined {
  const result = typeof value === 'string' ? read(value) : undefined;
  if (result !== undefined) {
    if (result.lost !== undefined) noteChange(field, LOSSES[result.lost], value);
    return result.text;
  }
  if (field.options.timePolicy === 'null') {
    noteChange(field, 'time-nulled', value);
    return undefined;
  }
  return refuseValue(
    field,
    `is no ${field.type} that Postgres can hold`,
    'value-out-of-range',
    'Mend the source, or have such values stored as null.',
  );
}
