import { createHmac, randomBytes } from 'node:crypto';
import { patternOf } from './pattern.ts';

/** Any JSON value; a number that must stay exact is given and taken as `NumberText`. */
export type Erasable =
  | null
  | boolean
  | number
  | string
  | NumberText
  | readonly Erasable[]
  | { readonly [name: string]: Erasable };

/** A number as the text it came as. */
export interface NumberText {
  readonly text: string;
}

/** What the place of a value asks of what stands there afterwards. */
export interface Place {
  /** Tells equal values of different fields apart. */
  readonly field: string;
  /** Of JSON schema: email, date, date-time, time, uuid, ipv4, ipv6, uri, hostname, singer.decimal; others are not looked at. */
  readonly format?: string | undefined;
  /** Characters. */
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  /** Holds encoded bytes. */
  readonly isEncoded?: boolean;
  /** Null may stand there. */
  readonly nullable: boolean;
}

/** What stays of dates: the year (as its first day), or nothing where null may stand. */
export type Dates = 'year' | 'null';

const KEY_BYTES = 32;
const TOKEN_DIGITS = 16;
const DOMAIN = '@erased.invalid';

const DATE = /^(\d{4})-\d\d-\d\d(?:([T ])\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Replaces what is known of a person by values of the same shape that say nothing: letters by letters, digits by digits, an e-mail address
 * by a token at erased.invalid, a date by the first day of its year. Within one eraser equal values become equal ones; its key is made for
 * it and kept nowhere, so that nobody can find out afterwards what stood there, or link it to what another eraser made.
 */
export class Eraser {
  readonly #key = randomBytes(KEY_BYTES);
  readonly #dates: Dates;

  constructor(dates: Dates = 'year') {
    this.#dates = dates;
  }

  /** What stands in place of a value. Null stays null; an object keeps its members' names, a list its length. */
  erase(value: Erasable, place: Place): Erasable {
    if (value === null) return null;
    if (typeof value === 'string') return this.#text(value, place);
    if (typeof value === 'boolean') return false;
    if (typeof value === 'number') return Number(this.#number(String(value), place));
    if (isNumberText(value)) return { text: this.#number(value.text, place) };
    if (Array.isArray(value)) return (value as readonly Erasable[]).map((item) => this.erase(item, below(place)));
    const members = Object.entries(value as Readonly<Record<string, Erasable>>);
    return Object.fromEntries(
      members.map(([name, member]) => [name, this.erase(member, { field: `${place.field}.${name}`, nullable: true })]),
    );
  }

  #text(value: string, place: Place): string | null {
    if (value === '' || place.isEncoded === true) return '';
    const { format, maxLength = Number.POSITIVE_INFINITY } = place;
    // Null is an answer.
    const bound = this.#byFormat(value, format, place);
    if (bound !== undefined) return bound;
    const alike = this.#byLook(value, maxLength, place);
    return alike === undefined ? this.#pattern(value, place) : alike;
  }

  /** Undefined: no format that binds. */
  #byFormat(value: string, format: string | undefined, place: Place): string | null | undefined {
    switch (format) {
      case 'date':
      case 'date-time':
        return this.#date(value, place) ?? (place.nullable ? null : format === 'date' ? '1970-01-01' : '1970-01-01T00:00:00Z');
      case 'time':
        return '00:00:00';
      case 'uuid':
        return this.#uuid(value, place);
      case 'ipv4':
        return '0.0.0.0';
      case 'ipv6':
        return '::';
      case 'hostname':
        return `${this.#token(value, place)}.invalid`;
      case 'uri':
        return `https://erased.invalid/${this.#token(value, place)}`;
      case 'singer.decimal':
      case 'x-singer.decimal':
        return this.#number(value, place);
      case 'email':
        return this.#email(value, Math.max(place.maxLength ?? Number.POSITIVE_INFINITY, DOMAIN.length + 1), place);
      default:
        return undefined;
    }
  }

  #byLook(value: string, maxLength: number, place: Place): string | null | undefined {
    if (/^\s*[^\s@]+@[^\s@]+\s*$/.test(value) && maxLength > DOMAIN.length) return this.#email(value, maxLength, place);
    if (UUID.test(value)) return this.#uuid(value, place);
    const link = `https://erased.invalid/${this.#token(value, place)}`;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) && link.length <= maxLength) return link;
    return DATE.test(value) ? this.#date(value, place) : undefined;
  }

  #email(value: string, maxLength: number, place: Place): string {
    const text = value.trim().toLowerCase();
    // What is erased already stays, so that doing it again changes nothing.
    if (text.endsWith(DOMAIN)) return value;
    return `${this.#token(text, place).slice(0, Math.min(TOKEN_DIGITS, maxLength - DOMAIN.length))}${DOMAIN}`;
  }

  #date(value: string, { nullable }: Place): string | null | undefined {
    const match = DATE.exec(value.trim());
    if (match === null) return undefined;
    if (this.#dates === 'null' && nullable) return null;
    const [, year = '1970', time, zone = ''] = match;
    const kept = this.#dates === 'null' || year === '0000' ? '1970' : year;
    return time === undefined ? `${kept}-01-01` : `${kept}-01-01${time}00:00:00${zone}`;
  }

  #uuid(value: string, place: Place): string {
    const hex = this.#bytes(value.toLowerCase(), place, 0).toString('hex');
    // Version 8: of one's own making.
    return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
  }

  #token(value: string, place: Place): string {
    return this.#bytes(value, place, 0).toString('hex').slice(0, TOKEN_DIGITS);
  }

  /** A number of as many digits, not greater; with an exponent or beyond its bounds, one of the bounds or 0. */
  #number(text: string, { field, maximum, minimum, nullable }: Place): string {
    const fallback = String(minimum ?? maximum ?? 0);
    if (!NUMBER.test(text) || /e/i.test(text)) return fallback;
    const made = patternOf(text, this.#source(text, { field, nullable }), { asNumber: true });
    const size = Number(made);
    return (minimum !== undefined && size < minimum) || (maximum !== undefined && size > maximum) ? fallback : made;
  }

  #pattern(value: string, place: Place): string {
    const made = patternOf(value, this.#source(value, place));
    return place.maxLength === undefined ? made : Array.from(made).slice(0, place.maxLength).join('');
  }

  /** Bytes without end that depend on the key, the field and the value. */
  *#source(value: string, place: Place): Generator<number> {
    for (let block = 0; ; block++) yield* this.#bytes(value, place, block);
  }

  #bytes(value: string, { field }: Place, block: number): Buffer {
    return createHmac('sha256', this.#key)
      .update(`${Buffer.byteLength(field)}:${field}${block}:`)
      .update(value)
      .digest();
  }
}

function below({ field }: Place): Place {
  return { field: `${field}[]`, nullable: true };
}

function isNumberText(value: object): value is NumberText {
  return !Array.isArray(value) && 'text' in value && Object.getPrototypeOf(value) !== Object.prototype;
}
