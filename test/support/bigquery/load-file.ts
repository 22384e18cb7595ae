import { gunzipSync } from 'node:zlib';
import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import { ExactNumber, isJsonObject, stringifyExact, type Json, type JsonObject } from '../../../singer/index.ts';
import { parseExact } from '../../../singer/json-text.ts';

/** What a load job makes of its file: all rows, or the errors of the bad ones. */
export type LoadResult = { readonly rows: readonly StoredRecord[] } | { readonly errors: readonly LineError[] };

export type StoredRecord = Readonly<Record<string, Json>>;

export interface LineError {
  readonly reason: 'invalid';
  readonly message: string;
  /** The file, where it stands in a bucket. */
  readonly location?: string;
}

/** A file that comes with its job, or stands in a bucket. */
export interface LoadFile {
  readonly uri?: string;
  /** Undefined: it is not there. */
  readonly bytes: Buffer | undefined;
}

/** A load job tells no more bad lines than these. */
const TOLD = 5;

/**
 * Reads files of JSON lines as a load job does, gzip or plain, by the documented rules of each type, and no more generous:
 * https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json. Positions are those in their file.
 */
export function readLoadFiles(files: readonly LoadFile[], fields: readonly FieldResource[]): LoadResult {
  const rows: StoredRecord[] = [];
  const errors: LineError[] = [];
  for (const file of files) readLines(file, fields, rows, errors);
  return errors.length > 0 ? { errors: [summaryOf(rows, errors), ...errors.slice(0, TOLD)] } : { rows };
}

function readLines(
  { bytes = Buffer.alloc(0), uri }: LoadFile,
  fields: readonly FieldResource[],
  rows: StoredRecord[],
  errors: LineError[],
): void {
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  let at = 0;
  for (const line of text.split('\n')) {
    if (line !== '') {
      try {
        rows.push(readRow(line, fields));
      } catch (error) {
        const why = `JSON parsing error in row starting at position ${at}: ${(error as Error).message}`;
        const told = `Error while reading data, error message: ${why}${uri === undefined ? '' : ` File: ${uri}`}`;
        errors.push({ reason: 'invalid', message: told, ...(uri === undefined ? {} : { location: uri }) });
      }
    }
    at += Buffer.byteLength(line) + 1;
  }
}

function summaryOf(rows: readonly StoredRecord[], errors: readonly LineError[]): LineError {
  const counts = `Rows: ${rows.length + errors.length}; errors: ${errors.length}`;
  const told = `JSON table encountered too many errors, giving up. ${counts}. Please look into the errors[] collection for more details.`;
  return { reason: 'invalid', message: `Error while reading data, error message: ${told}` };
}

function readRow(line: string, fields: readonly FieldResource[]): StoredRecord {
  const value = parseExact(line);
  if (!isJsonObject(value)) throw new Error('a row must be an object');
  return readMembers(value, fields);
}

function readMembers(value: JsonObject, fields: readonly FieldResource[]): StoredRecord {
  const row: Record<string, Json> = Object.fromEntries(fields.map(({ mode, name }) => [name, mode === 'REPEATED' ? [] : null]));
  for (const [name, member] of Object.entries(value)) {
    const field = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) throw new Error(`No such field: ${name}.`);
    row[field.name] = readValue(member ?? null, field);
  }
  for (const { mode, name } of fields)
    if (mode === 'REQUIRED' && row[name] === null)
      throw new Error(`Only optional fields can be set to NULL. Field: ${name}; Value: NULL`);
  return row;
}

function readValue(value: Json, field: FieldResource): Json {
  const { fields, maxLength, mode, name, type } = field;
  if (mode === 'REPEATED') {
    // NULL is an empty list.
    if (value === null) return [];
    if (!Array.isArray(value)) throw new Error(`Array specified for non-repeated field: ${name}.`);
    const { mode: _, ...element } = field;
    return value.map((item: Json) => {
      if (item === null) throw new Error(`Only optional fields can be set to NULL. Field: ${name}; Value: NULL`);
      return readValue(item, element);
    });
  }
  if (value === null) return null;
  if (fields !== undefined) {
    if (!isJsonObject(value)) throw new Error(`This field: ${name} is not a record.`);
    return readMembers(value, fields);
  }
  if (maxLength !== undefined && typeof value === 'string' && Array.from(value).length > Number(maxLength))
    throw new Error(`Value has length ${value.length}, maximum length ${maxLength}. Field: ${name}; Value: ${value}`);
  const read = READERS[type];
  if (read === undefined) throw new Error(`the double knows no type ${type}`);
  const result = read(value);
  if (result === undefined)
    throw new Error(`Could not convert value to ${type.toLowerCase()}. Field: ${name}; Value: ${stringifyExact(value)}`);
  return result;
}

type Reader = (value: Json) => Json | undefined;

const integer: Reader = (value) => {
  // Numbers beyond 2^53 must come as strings.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return undefined;
  return BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? String(BigInt(value)) : undefined;
};
const float: Reader = (value) => {
  if (typeof value === 'string')
    return /^(?:NaN|-?Infinity|-?[\d.]+(?:[eE][-+]?\d+)?)$/.test(value) ? String(Number(value)) : undefined;
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isFinite(number) ? String(number) : undefined;
};
const decimal =
  (whole: number, fraction: number): Reader =>
  (value) => {
    // A number is read as a double first, which only integers survive.
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    const match = typeof text === 'string' ? /^-?(\d+)(?:\.(\d+))?$/.exec(text) : null;
    if (match === null || match[1]!.replace(/^0+/, '').length > whole || (match[2] ?? '').length > fraction) return undefined;
    return text;
  };
const boolean: Reader = (value) => (typeof value === 'boolean' ? String(value) : undefined);
const matching =
  (pattern: RegExp): Reader =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined;
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?`;
const DATE = String.raw`(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;

const READERS: Readonly<Record<string, Reader>> = {
  STRING: (value) => (typeof value === 'string' ? value : undefined),
  INTEGER: integer,
  FLOAT: float,
  NUMERIC: decimal(29, 9),
  BIGNUMERIC: decimal(39, 38),
  BOOLEAN: boolean,
  DATE: matching(new RegExp(`^${DATE}$`)),
  TIME: matching(new RegExp(`^${CLOCK}$`)),
  DATETIME: matching(new RegExp(`^${DATE}[T ]${CLOCK}$`)),
  TIMESTAMP: matching(new RegExp(`^${DATE}[T ]${CLOCK}(?:Z|[-+]\\d\\d:\\d\\d)?$`)),
  BYTES: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  JSON: (value) => value,
};
