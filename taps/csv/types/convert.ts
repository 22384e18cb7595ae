import { isDate, isDateTime, isTime } from '../../../singer/tap/index.ts';
import type { ColumnType, TypeName } from './column-type.ts';

/** The text of a cell as the text of a value, without quotes; undefined if it does not fit. */
export type Convert = (text: string) => string | undefined;

/** A text in a form of its own as ISO 8601; times without a zone stay without. */
export type ReadForm = (text: string) => string | undefined;

/** Offset of a local minute; undefined if there is no such minute. */
export type Offsets = (minute: string) => string | undefined;

/** What a cell's reading depends on. */
interface Reading {
  readonly type: ColumnType;
  readonly inferred: boolean;
  readonly form: ReadForm | undefined;
  readonly offsets: Offsets | undefined;
}

/**
 * How cells of a type are read that are not yet as JSON has them. A type that was inferred takes no other spelling of a number,
 * because a leading zero or a plus sign may mean something.
 */
export function converter(reading: Reading): Convert {
  return CONVERTERS[reading.type.name](reading);
}

const CONVERTERS: Readonly<Record<TypeName, (reading: Reading) => Convert>> = {
  string: () => (text) => text,
  integer: ({ type, inferred }) => (inferred ? nothing : (text) => wholeOf(numberOf(text, type))),
  number: ({ type, inferred }) => (inferred ? nothing : (text) => numberOf(text, type)),
  decimal: ({ type, inferred }) => (inferred ? nothing : (text) => numberOf(text, type)),
  boolean: ({ inferred }) => (inferred ? nothing : (text) => BOOLEANS.get(text.trim().toLowerCase())),
  date:
    ({ form = same }) =>
    (text) =>
      checked(form(text.trim()), isDate),
  time:
    ({ form = timeOf }) =>
    (text) =>
      checked(form(text.trim()), isTime),
  'date-time':
    ({ form = same, offsets }) =>
    (text) =>
      dateTimeOf(form(text.trim()), offsets),
};

function same(text: string): string {
  return text;
}

function nothing(): undefined {
  return undefined;
}

const BOOLEANS = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, 'true'] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, 'false'] as const),
]);

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/;
const GROUPS = /^\d{1,3}(?: \d{3})+$/;

/** The number as JSON writes it, all its digits kept. */
function numberOf(text: string, type: ColumnType): string | undefined {
  let rest = stripped(text.trim(), type.strip);
  let sign = /^[+-]/.exec(rest)?.[0] ?? '';
  // A currency may stand before or after the sign.
  rest = stripped(rest.slice(sign.length), type.strip);
  if (sign === '') {
    sign = /^[+-]/.exec(rest)?.[0] ?? '';
    rest = rest.slice(sign.length);
  }
  const parts = rest.split(type.decimal);
  if (parts.length > 2 || (type.decimal !== '.' && type.thousands !== '.' && rest.includes('.'))) return undefined;
  let [whole = ''] = parts;
  if (type.thousands !== undefined && whole.includes(type.thousands)) {
    if (whole.includes(' ') && type.thousands !== ' ') return undefined;
    const spaced = whole.replaceAll(type.thousands, ' ');
    if (!GROUPS.test(spaced)) return undefined;
    whole = spaced.replaceAll(' ', '');
  }
  const found = NUMBER.exec(parts.length === 2 ? `${whole}.${parts[1]}` : whole);
  const [, extraSign = '', digits = '', fraction = '', exponent = ''] = found ?? [];
  if (found === null || extraSign !== '' || (digits === '' && fraction === '')) return undefined;
  const plain = digits.replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${plain}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
}

function stripped(text: string, marks: readonly string[]): string {
  let rest = text;
  for (const mark of marks) {
    if (mark !== '' && rest.startsWith(mark)) rest = rest.slice(mark.length).trimStart();
    if (mark !== '' && rest.endsWith(mark)) rest = rest.slice(0, -mark.length).trimEnd();
  }
  return rest;
}

/** A number without a fraction as an integer. */
function wholeOf(number: string | undefined): string | undefined {
  const [, whole] = (number === undefined ? undefined : /^(-?\d+)(?:\.0*)?$/.exec(number)) ?? [];
  return whole === '-0' ? '0' : whole;
}

function timeOf(text: string): string {
  return /^\d\d:\d\d$/.test(text) ? `${text}:00` : text;
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt]| +)(\d\d:\d\d)(:\d\d)?(?:[.,](\d+))?\s*(?:([Zz]|UTC|GMT)|([+-]\d\d):?(\d\d)?)?$/;

/** The usual spellings of ISO 8601, Postgres and logs as RFC 3339; the digits of a fraction are kept. */
export function dateTimeOf(text: string | undefined, offsets: Offsets | undefined): string | undefined {
  const found = text === undefined ? undefined : DATE_TIME.exec(text);
  if (found === undefined || found === null) return undefined;
  const [, day, minute, second = ':00', fraction, utc, hours, minutes = '00'] = found;
  const local = `${day}T${minute}`;
  let offset: string | undefined;
  if (utc !== undefined) offset = 'Z';
  else if (hours !== undefined) offset = `${hours}:${minutes}`;
  else offset = offsets?.(local);
  if (offset === undefined) return undefined;
  return checked(`${local}${second}${fraction === undefined ? '' : `.${fraction}`}${offset}`, isDateTime);
}

type Check = (bytes: Uint8Array, start: number, end: number) => boolean;

function checked(text: string | undefined, check: Check): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  return check(bytes, 0, bytes.length) ? text : undefined;
}

/** Offsets that need no library. */
export const UTC_OFFSETS: Offsets = () => 'Z';
