import { createHash } from 'node:crypto';
import { type Erasable, Eraser, type Place } from '../../../privacy/eraser.ts';
import { ExactNumber, isJsonObject, parseExact, stringifyExact, SystemError, type Json } from '../../../singer/index.ts';
import type { ExistingColumn } from '../tables/catalog.ts';

const NUMBERS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']);
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar']);
/** What stands for a value of these types, in place of anything. */
const CONSTANTS: Readonly<Record<string, string>> = {
  bool: 'false',
  bytea: '',
  inet: '0.0.0.0',
  cidr: '0.0.0.0/32',
  macaddr: '00:00:00:00:00:00',
  time: '00:00:00',
  timetz: '00:00:00Z',
};
const FORMATS: Readonly<Record<string, string>> = {
  date: 'date',
  timestamp: 'date-time',
  timestamptz: 'date-time',
  uuid: 'uuid',
};
/** `atttypmod` of varchar(n) counts four bytes more. */
const HEADER = 4;

/** Makes the text of what stands in place of a column's value. */
export type EraseText = (text: string | null) => string | null;

/** How the values of a column are erased, of a type that can be. */
export function eraseColumn(eraser: Eraser, { base, modifier, name, notNull }: ExistingColumn): EraseText {
  const known = knownColumn(eraser, base, modifier, { field: name, nullable: !notNull });
  return known === undefined ? () => null : (text) => (text === null ? null : known(text));
}

/** Why a column cannot be erased; undefined if it can. */
export function typeFault(column: ExistingColumn, table: string): SystemError | undefined {
  const { base, modifier, name, notNull } = column;
  if (!notNull || knownColumn(new Eraser('year'), base, modifier, { field: name, nullable: false }) !== undefined)
    return undefined;
  return new SystemError(`The column ${name} of ${table} cannot be erased: it is ${column.sql} and takes no null`, {
    code: 'erasure-type',
    facts: { table, column: name, type: column.sql },
    hint: 'Leave it out of the fields of erasures, or let the column take null.',
  });
}

function knownColumn(eraser: Eraser, base: string, modifier: number, place: Place): EraseText | undefined {
  if (TEXTS.has(base)) {
    const maxLength = modifier > HEADER ? modifier - HEADER : undefined;
    return (text) => json(eraser, text!, place) ?? (eraser.erase(text, { ...place, maxLength }) as string | null);
  }
  if (base === 'json' || base === 'jsonb') return (text) => stringifyExact(eraseJson(eraser, parseExact(text!), place));
  // A number too great for JavaScript keeps its digits; NaN and infinity become 0.
  if (NUMBERS.has(base)) return (text) => eraser.erase(text, { ...place, format: 'singer.decimal' }) as string;
  if (Object.hasOwn(FORMATS, base)) return (text) => eraser.erase(text, { ...place, format: FORMATS[base] }) as string | null;
  if (Object.hasOwn(CONSTANTS, base)) return () => CONSTANTS[base]!;
  return undefined;
}

/** A text that holds a JSON object, such as the record in a quarantine, keeps being one. */
function json(eraser: Eraser, text: string, place: Place): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return stringifyExact(eraseJson(eraser, parseExact(text), place));
  } catch {
    return undefined;
  }
}

function eraseJson(eraser: Eraser, value: Json, place: Place): Json {
  if (isJsonObject(value)) {
    const members = Object.entries(value) as [string, Json][];
    return Object.fromEntries(
      members.map(([name, member]) => [name, eraseJson(eraser, member, { field: `${place.field}.${name}`, nullable: true })]),
    );
  }
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => eraseJson(eraser, item, place));
  const made = eraser.erase(value as Erasable, place) as Json;
  return value instanceof ExactNumber ? new ExactNumber((made as ExactNumber).text) : made;
}

/** What tells a row whose fields were erased from one that has been written again since. */
export function markOf(table: string, values: readonly (string | null)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([table, ...values]))
    .digest('base64url')
    .slice(0, 22);
}
