import { ident, literal } from '../../../clients/postgres/quote.ts';
import type { PgType } from './types.ts';

/** The column that a value goes to. */
export interface At {
  /** Its table, quoted. */
  readonly table: string;
  readonly column: string;
}

/** How values of one of our types get into a column that has another type, without a word lost unless `loses` says so. */
export interface Fit {
  /** COPY text of our type is read by the column's type with the same meaning. */
  readonly direct: boolean;
  /** SQL that makes a value of our type, in a stage, one for the column; undefined: assigning it does. */
  readonly using?: (value: string, at: At) => string;
  /** A value may lose digits; the run says so once. */
  readonly loses?: true;
}

const DIRECT: Fit = { direct: true };
const ASSIGN: Fit = { direct: false };
const LOSSY: Fit = { direct: true, loses: true };
const JSON_VALUE: Fit = { direct: false, using: (value) => `to_jsonb(${value})` };
const JSON_TEXT: Fit = { direct: false, using: (value) => `to_json(${value})` };

/** Postgres breaks base64 into lines. */
const base64 = (value: string): string => String.raw`translate(encode(${value}, 'base64'), E'\n', '')`;
const BASE64: Fit = { direct: false, using: base64 };

const INTEGERS = { int8: DIRECT, int4: DIRECT, int2: DIRECT };
const FLOATS = { float8: LOSSY, float4: LOSSY };
/** What every scalar can become. */
const ANY = { text: ASSIGN, varchar: ASSIGN, jsonb: JSON_VALUE, json: JSON_TEXT };

/**
 * What may be written into existing columns, by our type and the column's base type (`pg_type.typname`, domains resolved).
 * Absent pairs do not fit. A timestamp without zone is written in UTC, as peers' tables have it.
 */
const FITS: Readonly<Record<PgType, Readonly<Record<string, Fit>>>> = {
  bigint: { ...ANY, ...INTEGERS, ...FLOATS, numeric: DIRECT, text: DIRECT, varchar: DIRECT, money: ASSIGN },
  numeric: { ...ANY, ...FLOATS, numeric: DIRECT, text: DIRECT, varchar: DIRECT, money: { direct: false, loses: true } },
  text: {
    ...ANY,
    text: DIRECT,
    varchar: DIRECT,
    // Its own equality (trailing spaces do not count) must hold in the stage too, where equal keys are looked for.
    bpchar: { direct: true, using: (value) => value },
  },
  boolean: { ...ANY, bool: DIRECT },
  date: { ...ANY, date: DIRECT, timestamp: DIRECT, timestamptz: DIRECT, text: DIRECT, varchar: DIRECT },
  time: { ...ANY, time: DIRECT, timetz: DIRECT },
  timestamptz: { ...ANY, timestamptz: DIRECT, timestamp: ASSIGN },
  uuid: { ...ANY, uuid: DIRECT },
  bytea: {
    bytea: DIRECT,
    text: BASE64,
    varchar: BASE64,
    jsonb: { direct: false, using: (value) => `to_jsonb(${base64(value)})` },
  },
  jsonb: { jsonb: DIRECT, json: DIRECT, text: ASSIGN, varchar: ASSIGN },
};

/** Base types that the table above speaks of. All others read their values from text, or from JSON. */
const KNOWN: ReadonlySet<string> = new Set(Object.values(FITS).flatMap((fits) => Object.keys(fits)));

/** True for a base type that only the database knows. */
export function isForeign(base: string): boolean {
  return !KNOWN.has(base);
}

/** A type that is there, as far as a fit depends on it. */
export interface Into {
  /** Its base type as `pg_type.typname`. */
  readonly base: string;
  /** That type as DDL without a size and with its schema, for example `public.mood`. */
  readonly plain: string;
  /** `pg_attribute.atttypmod`; -1 for none. */
  readonly modifier: number;
}

/** Postgres' own names of our types. */
const BASES: Readonly<Record<PgType, string>> = {
  bigint: 'int8',
  boolean: 'bool',
  bytea: 'bytea',
  date: 'date',
  jsonb: 'jsonb',
  numeric: 'numeric',
  text: 'text',
  time: 'time',
  timestamptz: 'timestamptz',
  uuid: 'uuid',
};

/** A column of one of our types. */
export function plainType(type: PgType): Into {
  return { base: BASES[type], plain: `pg_catalog.${BASES[type]}`, modifier: -1 };
}

/** A type that values come in. */
export interface From {
  readonly type: PgType;
  /** As DDL. */
  readonly sql: string;
  /** The user has named the column's type: a value that it cannot read fails when it comes. */
  readonly asked?: true;
}

/** How values of a type get into an existing column; undefined when they cannot. */
export function fitOf(from: From, into: Into): Fit | undefined {
  const { base, modifier } = into;
  const fits = FITS[from.type];
  // Whoever asks for a JSON column of texts has JSON in them.
  if (from.asked === true && from.type === 'text' && (base === 'jsonb' || base === 'json')) return foreignFit(from, into);
  if (!Object.hasOwn(fits, base)) return KNOWN.has(base) && from.asked === undefined ? undefined : foreignFit(from, into);
  // numeric(p,s) rounds without a word what has more digits.
  if (base === 'numeric' && modifier >= 0 && from.type === 'numeric' && modifier !== numericModifier(from.sql)) return LOSSY;
  const fit = fits[base];
  return fit !== undefined && cutsSeconds(from, into) ? { ...fit, loses: true } : fit;
}

/** By type: the modifier that keeps everything, as none does. An interval's says also which fields it has. */
const WHOLE_TIMES: Readonly<Record<string, number>> = {
  time: 6,
  timetz: 6,
  timestamp: 6,
  timestamptz: 6,
  interval: 0x7fff_0006,
};

/** Types such as timestamp(0) round digits of a second away without a word. */
function cutsSeconds({ type }: From, { base, modifier }: Into): boolean {
  const whole = Object.hasOwn(WHOLE_TIMES, base) ? WHOLE_TIMES[base] : undefined;
  return whole !== undefined && type !== 'date' && modifier >= 0 && modifier !== whole;
}

/** Enums, inet, intervals, arrays, vectors and all that extensions bring. */
function foreignFit(from: From, into: Into): Fit | undefined {
  const { type, asked } = from;
  const { plain } = into;
  // Reads arrays and composites from JSON, and all other types from a value's text; casts from jsonb do neither.
  if (type === 'jsonb') return { direct: false, using: populated };
  if (type !== 'text' && asked === undefined) return undefined;
  const loses = cutsSeconds(from, into) ? ({ loses: true } as const) : {};
  return { direct: true, using: (value) => `${value}::text::${plain}`, ...loses };
}

function populated(value: string, { table, column }: At): string {
  return `(jsonb_populate_record(NULL::${table}, jsonb_build_object(${literal(column)}, ${value}))).${ident(column)}`;
}

/** `atttypmod` of a `numeric(p,s)`; -1 for plain numeric. */
export function numericModifier(sql: string): number {
  const match = /^numeric\((\d+),(\d+)\)$/.exec(sql);
  return match === null ? -1 : ((Number(match[1]) << 16) | Number(match[2])) + 4;
}
