import {
  ExactNumber,
  hasNonFinite,
  isJsonObject,
  type Json,
  parseExact,
  RecordError,
  stringifyExact,
  withWords,
} from '../../singer/index.ts';
import { bigintText, numericText, type Unfit } from './copy-numbers.ts';
import type { ChangeReason, CopyColumn, CopyOptions } from './copy-plan.ts';
import type { RowChanges } from './row-changes.ts';
import { dateText, timestampText, timeText, type TimeText } from './copy-times.ts';
import type { PgType } from './types.ts';

/** COPY text of a null. */
export const NULL = '\\N';

/** What a field's writer must know of its place. */
export interface Field {
  readonly stream: string;
  readonly column: Pick<CopyColumn, 'name' | 'target' | 'pgType'> & Partial<Pick<CopyColumn, 'column'>>;
  readonly options: CopyOptions;
  /** Where it tells what became of the value. */
  readonly changes: RowChanges;
}

/** Gives the COPY text of a value. Throws RecordError for a value the column cannot hold. */
export type FieldWriter = (value: Json | undefined) => string;

/** The writer of a column's values. */
export function fieldWriter(field: Field): FieldWriter {
  const write = WRITERS[field.column.pgType];
  return (value) => {
    if (value === null || value === undefined) return NULL;
    if (typeof value === 'number' && !Number.isFinite(value)) return nonFinite(value, field);
    return write(value, field) ?? NULL;
  };
}

/** NaN, Infinity and -Infinity, which numeric and text have and no other type. */
function nonFinite(value: number, field: Field): string {
  const { pgType } = field.column;
  if (pgType === 'numeric' || pgType === 'text') return String(value);
  changed(field, 'not-a-number', String(value));
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
    field.changes.need = { kind: 'numeric', property: field.column.name };
    return undefined;
  },
  numeric: (value, field) => {
    const text = numberText(value, field);
    const { column } = field.column;
    const sized = column?.type === 'decimal' && column.precision !== undefined;
    const result = sized ? numericText(text, column.precision, column.scale) : numericText(text);
    if (typeof result === 'string') return refuseNumber(result, field);
    if (result.rounded) changed(field, 'rounded-to-scale', value);
    return result.text;
  },
  boolean: (value, field) =>
    typeof value === 'boolean' ? (value ? 't' : 'f') : refuse(field, 'is no boolean', 'value-wrong-type'),
  date: (value, field) => time(value, field, dateText),
  time: (value, field) => time(value, field, timeText),
  timestamptz: (value, field) => time(value, field, (text) => timestampText(text, field.options.timeZone)),
  uuid: (value, field) =>
    typeof value === 'string' && UUID.test(value) ? value : refuse(field, 'is no UUID', 'value-wrong-type'),
  bytea: (value, field) => {
    const hex = typeof value === 'string' ? hexOf(value, field.column.column?.encoding) : undefined;
    return hex === undefined ? refuse(field, 'is not encoded as its schema says', 'value-wrong-type') : `\\\\x${hex}`;
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
const LONE_SURROGATE = /\p{Surrogate}/gu;
const REPLACEMENT = '\ufffd';

/** Text that Postgres can store; what had to be changed is told. */
function clean(text: string, field: Field): string {
  if (!UNSTORABLE.test(text)) return text;
  let clean = text.replaceAll(LONE_SURROGATE, REPLACEMENT);
  if (clean !== text) changed(field, 'surrogate-replaced', text);
  if (!clean.includes('\0')) return clean;
  const { nulPolicy } = field.options;
  if (nulPolicy === 'fail')
    return refuse(
      field,
      'has a character U+0000, which Postgres cannot store',
      'value-has-nul',
      'Set nul_policy to strip or replace.',
    );
  clean = clean.replaceAll('\0', nulPolicy === 'strip' ? '' : REPLACEMENT);
  changed(field, nulPolicy === 'strip' ? 'nul-stripped' : 'nul-replaced', text);
  return clean;
}

/** How JSON.stringify writes what jsonb refuses; a backslash that is itself escaped may stand before it, which only costs time. */
const UNSTORABLE_JSON = /\\u(?:0000|d[89a-f])/;

/** Numbers that may be beyond numeric, which jsonb keeps them as; may match inside strings, which only costs time. */
const DOUBTFUL_NUMBER = /\d[eE][-+]?\d{4}|[\d.]{16384}/;

function jsonText(value: NonNullable<Json>, field: Field): string {
  const announced = field.column.column?.schema['contentMediaType'];
  const given = typeof value === 'string' && announced === 'application/json' ? parsed(value) : value;
  const text = stringifyExact(given);
  // Numbers that JSON does not have are written as null.
  if (text.includes('null') && hasNonFinite(given)) changed(field, 'not-a-number', withWords(given));
  if (DOUBTFUL_NUMBER.test(text)) refuseHugeNumbers(given, field);
  return UNSTORABLE_JSON.test(text) ? stringifyExact(cleanDeep(given, field)) : text;
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

function cleanDeep(value: Json, field: Field): Json {
  if (typeof value === 'string') return clean(value, field);
  if (Array.isArray(value)) return value.map((item: Json) => cleanDeep(item, field));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [clean(name, field), member === undefined ? null : cleanDeep(member, field)]),
  );
}

function refuseHugeNumbers(value: Json, field: Field): void {
  if (value instanceof ExactNumber) {
    if (numericText(value.text) === 'out-of-range') refuseNumber('out-of-range', field);
  } else if (Array.isArray(value)) value.forEach((item: Json) => refuseHugeNumbers(item, field));
  else if (isJsonObject(value)) for (const member of Object.values(value)) refuseHugeNumbers(member ?? null, field);
}

function numberText(value: NonNullable<Json>, field: Field): string {
  if (typeof value === 'number') return String(value);
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'string' ? value : refuse(field, 'is no number', 'value-wrong-type');
}

function refuseNumber(why: Unfit, field: Field): never {
  if (why === 'out-of-range') {
    return refuse(
      field,
      `is beyond what a column of type ${field.column.pgType} holds`,
      'value-out-of-range',
      'Announce it as a number, or give the column another type.',
    );
  }
  return refuse(field, why === 'not-an-integer' ? 'is no integer' : 'is no number', 'value-wrong-type');
}

const LOSSES = { fraction: 'rounded-to-microseconds', zone: 'zone-dropped', time: 'time-of-day-dropped' } as const;

function time(value: NonNullable<Json>, field: Field, read: (text: string) => TimeText): string | undefined {
  const result = typeof value === 'string' ? read(value) : undefined;
  if (result !== undefined) {
    if (result.lost !== undefined) changed(field, LOSSES[result.lost], value);
    return result.text;
  }
  if (field.options.timePolicy === 'null') {
    changed(field, 'time-nulled', value);
    return undefined;
  }
  return refuse(
    field,
    `is no ${field.column.pgType} that Postgres can hold`,
    'value-out-of-range',
    'Mend the source, or have such values stored as null.',
  );
}

const BASE16 = /^(?:[\da-f]{2})*$/i;
const BASE64 = /^[\w+/-]*={0,2}$/;

function hexOf(text: string, encoding: 'base64' | 'base16' | undefined): string | undefined {
  if (encoding === 'base16') return BASE16.test(text) ? text : undefined;
  // Line breaks are usual in base64 (MIME).
  const packed = text.replaceAll(/\s/g, '');
  const digits = packed.replace(/=+$/, '').length;
  return BASE64.test(packed) && digits % 4 !== 1 ? Buffer.from(packed, 'base64').toString('hex') : undefined;
}

function changed({ column, changes }: Field, reason: ChangeReason, old: Json): void {
  changes.add({ property: column.name, target: column.target, reason, old });
}

function refuse({ stream, column }: Field, what: string, code: string, hint?: string): never {
  throw new RecordError(`A value of ${stream}.${column.name} ${what}`, {
    code,
    facts: { stream, property: column.name, column: column.target, type: column.pgType },
    ...(hint === undefined ? {} : { hint }),
  });
}
