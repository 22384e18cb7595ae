import { ExactNumber, type Json, type JsonObject } from './json.ts';

/**
 * Number tokens that a JavaScript number may print differently: 16 or more digits, an exponent, a trailing zero after the
 * point, minus zero, many zeros after the point. May also match inside strings, which only costs the slower parse.
 */
const RISKY_NUMBER = /(?:^|[:[,])\s*-?(?:[\d.]{16}|[\d.]+[eE]|\d+\.\d*0(?=[\s,}\]]|$)|0\.00000)|-0(?=[\s,}\]]|$)/;

/**
 * Parses JSON text and keeps every number exact: a number whose source text JavaScript would print differently becomes
 * an `ExactNumber`. Throws a SyntaxError for anything that is not strict JSON.
 */
export function parseExact(text: string): Json {
  const value = JSON.parse(text) as Json;
  return hasNumber(value) && RISKY_NUMBER.test(text) ? new ExactReader(text).document() : value;
}

/** Bare words that Python writes for numbers JSON does not have; strings, to be stepped over, come first. */
const NON_FINITE = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g;

/**
 * Like `parseExact`, but takes `NaN`, `Infinity` and `-Infinity` where a number may stand, which Python's json module writes: they
 * become the JavaScript numbers of these names. Throws a SyntaxError for all else that is not JSON.
 */
export function parseLenient(text: string): Json {
  try {
    return parseExact(text);
  } catch (error) {
    const strict = text.replaceAll(NON_FINITE, (word) => (word.startsWith('"') ? word : ' 0 '));
    if (strict === text) throw error;
    // Everything else must be right before the reader, which does not check, may see it.
    JSON.parse(strict);
    return new ExactReader(text).document();
  }
}

/** Looking is cheaper than searching the text, and most records are all text. */
function hasNumber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'number';
  return Object.values(value).some(hasNumber);
}

/** Compact JSON text; an `ExactNumber` prints as it came, NaN and the infinite as null. Undefined members are left out. */
export function stringifyExact(value: Json): string {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'number' && !Number.isFinite(value) ? 'null' : JSON.stringify(value);
  }
  if (value instanceof ExactNumber) return value.text;
  if (isArray(value)) return `[${value.map(stringifyExact).join(',')}]`;
  let text = '';
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${stringifyExact(member)}`;
  }
  return `{${text}}`;
}

/** True if NaN or an infinite number is in the value, which `stringifyExact` writes as null. */
export function hasNonFinite(value: Json | undefined): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return false;
  return Object.values(value).some(hasNonFinite);
}

/** The value with such numbers as strings, `"NaN"`, for where it is kept as a note. */
export function withWords(value: Json): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber || !hasNonFinite(value)) return value;
  if (isArray(value)) return value.map((item) => withWords(item));
  const words: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const [name, member] of Object.entries(value)) if (member !== undefined) words[name] = withWords(member);
  return words;
}

/** A record or schema as the validator can read it: exact numbers as the nearest JavaScript numbers, NaN as zero. */
export function stripExact(value: Json): Json {
  if (typeof value === 'number') return finite(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof ExactNumber) return exactForCheck(value.text);
  if (Array.isArray(value)) return value.some(isComposite) ? value.map((item: Json) => stripExact(item)) : value;
  const object = value as JsonObject;
  let copy: Record<string, Json | undefined> | undefined;
  for (const [name, member] of Object.entries(object)) {
    if (!isComposite(member)) continue;
    const stripped = stripExact(member!);
    if (stripped !== member) (copy ??= { ...object })[name] = stripped;
  }
  return copy ?? value;
}

/** A number that is an integer exactly when the text is one: 1e400 and 0.1000…1 must not change their kind by rounding. */
function exactForCheck(text: string): number {
  return finite(Number(text));
}

/** What the validator takes for a number that it would call none. */
function finite(number: number): number {
  if (Number.isFinite(number)) return number;
  return Number.isNaN(number) ? 0 : Math.sign(number) * Number.MAX_VALUE;
}

function isComposite(value: Json | undefined): boolean {
  return typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'object' && value !== null;
}

/** JSON text that does not depend on the order of members. */
export function canonicalText(value: Json): string {
  if (value instanceof ExactNumber || value === null || typeof value !== 'object') return stringifyExact(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalText(item)).join(',')}]`;
  const object = value as JsonObject;
  const members = Object.keys(object).toSorted();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalText(object[name]!)}`).join(',')}}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Reads text that JSON.parse has already accepted, so it need not check the syntax again. */
class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    return this.#value();
  }

  #value(): Json {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        this.#at += 4;
        return true;
      case 'f':
        this.#at += 5;
        return false;
      case 'n':
        this.#at += 4;
        return null;
      case 'N':
        this.#at += 3;
        return Number.NaN;
      case 'I':
        this.#at += 8;
        return Number.POSITIVE_INFINITY;
      default:
        return this.#number();
    }
  }

  #object(): Json {
    const object: Record<string, Json> = {};
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== '}'; this.#space()) {
      if (this.#text[this.#at] === ',') this.#at++;
      this.#space();
      const name = this.#string();
      this.#space();
      this.#at++;
      const value = this.#value();
      // An assignment to __proto__ would set the prototype instead of a member.
      if (name === '__proto__')
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      else object[name] = value;
    }
    this.#at++;
    return object;
  }

  #array(): Json {
    const items: Json[] = [];
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== ']'; this.#space()) {
      if (this.#text[this.#at] === ',') this.#at++;
      items.push(this.#value());
    }
    this.#at++;
    return items;
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    for (let c = this.#text[this.#at]; c !== '"'; c = this.#text[this.#at]) {
      if (c === '\\') {
        escaped = true;
        this.#at++;
      }
      this.#at++;
    }
    this.#at++;
    return escaped ? (JSON.parse(this.#text.slice(start, this.#at)) as string) : this.#text.slice(start + 1, this.#at - 1);
  }

  #number(): number | ExactNumber {
    const start = this.#at;
    if (this.#text[start + 1] === 'I') {
      this.#at += 9;
      return Number.NEGATIVE_INFINITY;
    }
    while (this.#at < this.#text.length && NUMBER_PART.test(this.#text[this.#at]!)) this.#at++;
    const text = this.#text.slice(start, this.#at);
    const number = Number(text);
    return String(number) === text ? number : new ExactNumber(text);
  }

  #space(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}

const NUMBER_PART = /[-+.\deE]/;
const SPACE = /[ \t\r\n]/;
