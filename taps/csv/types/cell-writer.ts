import { isDate, isDateTime, isTime } from '../../../singer/tap/index.ts';
import type { ColumnType, TypeName } from './column-type.ts';
import { BARE_TYPES } from './column-type.ts';
import type { Convert, Offsets, ReadForm } from './convert.ts';
import { converter, UTC_OFFSETS } from './convert.ts';
import { booleanOf, fitsInt64, isPlainInteger, isPlainNumber, isSureNumber } from './scan.ts';

/**
 * Writes the cells of one column that is more than plain text. Both lanes use it: each puts the cell's text, JSON-escaped, into
 * the output after the column's prefix, and asks.
 */
export interface CellWriter {
  readonly type: ColumnType;
  /** True if the prefix ends with the opening quote. */
  readonly quoted: boolean;
  /** True for a column of the key, where a null must be noticed. */
  readonly key: boolean;
  /** True if the text at `bytes[start..end)` means null. */
  isNull(bytes: Buffer, start: number, end: number, inQuotes: boolean): boolean;
  /**
   * Makes a value, its closing quote included, of the text at `bytes[start..end)`; gives where it ends, or -1 if the text does not
   * fit, or is escaped and must be judged unescaped. Needs `ROOM` bytes after `end`.
   */
  finish(bytes: Buffer, start: number, end: number): number;
  /** The value of a text, without quotes; undefined if it does not fit. */
  convert(text: string): string | undefined;
}

/** No value is longer than its cell by more than this. */
export const ROOM = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UPPER_T = 0x54;
const SPACE = 0x20;
const UPPER_Z = 0x5a;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

export interface CellOptions {
  readonly type: ColumnType;
  /** True if nobody gave the type. */
  readonly inferred: boolean;
  readonly emptyAsNull: boolean;
  readonly key: boolean;
  /** Reads the type's formats, if it has any. */
  readonly form: ReadForm | undefined;
  /** Of the type's zone, if it has one. */
  readonly offsets: Offsets | undefined;
}

/** Undefined for a column whose cells are copied as they are. */
export function cellWriter(options: CellOptions): CellWriter | undefined {
  const { type, emptyAsNull, key } = options;
  const text = type.name === 'string';
  const special = type.nullValues.length > 0 || (key && emptyAsNull);
  if (text && !special) return undefined;
  const convert = converter(options);
  const quoted = !BARE_TYPES.has(type.name);
  return {
    type,
    quoted,
    key,
    isNull: nullTest(type.nullValues, (inQuotes) => !text || (emptyAsNull && !inQuotes)),
    finish: text ? closeQuote : finisher(options, convert, quoted),
    convert,
  };
}

function nullTest(values: readonly string[], emptyIsNull: (inQuotes: boolean) => boolean): CellWriter['isNull'] {
  // Compared as they stand in JSON.
  const texts = values.map((value) => Buffer.from(JSON.stringify(value).slice(1, -1)));
  const longest = Math.max(0, ...texts.map((text) => text.length));
  const lengths = new Uint8Array(longest + 1);
  for (const text of texts) lengths[text.length] = 1;
  return (bytes, start, end, inQuotes) => {
    const length = end - start;
    if (length === 0 && emptyIsNull(inQuotes)) return true;
    if (length > longest || lengths[length] === 0) return false;
    return texts.some((text) => text.length === length && bytes.compare(text, 0, length, start, end) === 0);
  };
}

/**
 * The fast lane's way: the cell's text at `bytes[start..end)` becomes null or a value; gives where that ends, or -1 if the general
 * lane must see the row (a text that does not fit, a key without a value).
 */
export function finishCell(writer: CellWriter, bytes: Buffer, start: number, end: number, inQuotes: boolean): number {
  if (!writer.isNull(bytes, start, end, inQuotes)) return writer.finish(bytes, start, end);
  if (writer.key) return -1;
  // In place of the opening quote, if there is one.
  const at = writer.quoted ? start - 1 : start;
  bytes.set(NULL, at);
  return at + NULL.length;
}

const NULL = Buffer.from('null');

function closeQuote(bytes: Buffer, _start: number, end: number): number {
  bytes[end] = QUOTE;
  return end + 1;
}

function finisher({ type, inferred, form, offsets }: CellOptions, convert: Convert, quoted: boolean): CellWriter['finish'] {
  // A form of its own means that nothing else is tried: 01-02-03 is ISO to nobody who names another form.
  const usual = CANONICAL[inferred ? 'inferred' : 'declared'][type.name];
  // With a decimal comma a point means something else: only whole numbers are as JSON has them.
  const comma = type.decimal !== '.' && (usual === isPlainNumber || usual === isPlainInteger);
  const canonical = form !== undefined ? undefined : comma ? isPlainInteger : usual;
  const isDateTimeType = type.name === 'date-time';
  return (bytes, start, end) => {
    if (canonical !== undefined && canonical(bytes, start, end)) {
      if (!quoted) return type.name === 'boolean' ? putBoolean(bytes, start, end) : end;
      const stop = isDateTimeType ? putZone(bytes, start, end, offsets) : end;
      if (stop >= 0) {
        bytes[stop] = QUOTE;
        return stop + 1;
      }
    }
    if (bytes.subarray(start, end).includes(BACKSLASH)) return -1;
    const value = convert(bytes.toString('utf8', start, end));
    if (value === undefined) return -1;
    const stop = start + bytes.write(value, start);
    if (!quoted) return stop;
    bytes[stop] = QUOTE;
    return stop + 1;
  };
}

type Test = (bytes: Buffer, start: number, end: number) => boolean;

const isBoolean: Test = (bytes, start, end) => booleanOf(bytes, start, end) >= 0;

/** Texts that are values as they stand, or nearly so. */
const CANONICAL: Readonly<Record<'declared' | 'inferred', Partial<Record<TypeName, Test>>>> = {
  declared: {
    integer: isPlainInteger,
    number: isPlainNumber,
    decimal: isPlainNumber,
    boolean: isBoolean,
    date: isDate,
    time: isTime,
    'date-time': isDateTime,
  },
  inferred: {
    integer: (bytes, start, end) => isPlainInteger(bytes, start, end) && fitsInt64(bytes, start, end),
    number: isSureNumber,
    decimal: isSureNumber,
    boolean: isBoolean,
    date: isDate,
    time: isTime,
    'date-time': isDateTime,
  },
};

function putBoolean(bytes: Buffer, start: number, end: number): number {
  const word = booleanOf(bytes, start, end) === 1 ? TRUE : FALSE;
  bytes.set(word, start);
  return start + word.length;
}

/** A date-time with a `T` and an offset; -1 for a date alone and for a time without a zone, unless that is given. */
function putZone(bytes: Buffer, start: number, end: number, offsets: Offsets | undefined): number {
  if (end - start < 19) return -1;
  const last = bytes[end - 1];
  const zoned = last === UPPER_Z || (bytes[end - 3] === 0x3a && (bytes[end - 6] === 0x2b || bytes[end - 6] === 0x2d));
  if (!zoned) {
    if (offsets === undefined) return -1;
    if (offsets === UTC_OFFSETS) bytes[end++] = UPPER_Z;
    else {
      if (bytes[start + 10] === SPACE) bytes[start + 10] = UPPER_T;
      const offset = offsets(bytes.toString('latin1', start, start + 16));
      if (offset === undefined) return -1;
      end += bytes.write(offset, end, 'latin1');
    }
  }
  bytes[start + 10] = UPPER_T;
  return end;
}
