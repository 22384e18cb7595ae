import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { fromCodePoints, hasAstral } from './code-points.ts';
import { Day, Moment, Span, Zone } from './time-values.ts';

/**
 * A value of an expression. What JSON has is as it came in the record; an `ExactNumber` becomes a number when something is done
 * with it. A JavaScript number is an int if it is an integer, else a float; ints that it cannot hold are bigints, and floats
 * that are integers, or not finite, are `Float`.
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | ExactNumber
  | Float
  | readonly Value[]
  | Tuple
  | ValueSet
  | Dict
  | JsonObject
  | Day
  | Moment
  | Span
  | Zone;

/** A float that is an integer, or not finite. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A mapping made by an expression; keys may be anything that hashes. */
export class Dict {
  readonly #entries = new Map<string, readonly [key: Value, value: Value]>();

  get size(): number {
    return this.#entries.size;
  }

  /** An equal key keeps its spelling and place. */
  set(key: Value, value: Value): void {
    const hash = hashOf(key);
    this.#entries.set(hash, [this.#entries.get(hash)?.[0] ?? key, value]);
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.[1];
  }

  entries(): (readonly [key: Value, value: Value])[] {
    return [...this.#entries.values()];
  }
}

export class ValueSet {
  readonly #items = new Map<string, Value>();

  constructor(items: Iterable<Value>) {
    for (const item of items) {
      const hash = hashOf(item);
      if (!this.#items.has(hash)) this.#items.set(hash, item);
    }
  }

  get size(): number {
    return this.#items.size;
  }

  has(value: Value): boolean {
    return this.#items.has(hashOf(value));
  }

  items(): Value[] {
    return [...this.#items.values()];
  }
}

/** What is wrong with a value in an expression. Says types, never values. */
export function fault(message: string): ValueFault {
  return new ValueFault('expression-failed', message);
}

/** Equal for values that are equal and may be keys: 1, 1.0 and True are one. Throws ValueFault for lists and dicts. */
export function hashOf(value: Value): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return `s${value}`;
  const number = numericOf(value);
  if (number !== undefined) return `n${number instanceof Float ? number.value : number}`;
  if (value instanceof Tuple) return `t${JSON.stringify(value.items.map(hashOf))}`;
  if (value instanceof Day || value instanceof Moment || value instanceof Span || value instanceof Zone) return `d${value.hash}`;
  throw fault(`${typeName(value)} cannot be a key or a member of a set`);
}

/** A number as int (number, bigint) or float (number, Float); booleans count as 0 and 1. Undefined for anything else. */
export function numericOf(value: Value): number | bigint | Float | undefined {
  switch (typeof value) {
    case 'number':
      if (!isDigits(value)) return floatOf(value);
      // Beyond the safe ones a number stands for the int that it is written as, not for the one that it holds.
      return Number.isSafeInteger(value) ? value : BigInt(String(value));
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    default:
      if (value instanceof Float) return value;
      return value instanceof ExactNumber ? exactNumeric(value.text) : undefined;
  }
}

/** True for an int. A larger number is written with an exponent, which makes it a float; ints of that size are exact numbers. */
export function isDigits(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 1e21;
}

function exactNumeric(text: string): number | bigint | Float {
  return /^-?\d+$/.test(text) ? intOf(BigInt(text)) : floatOf(Number(text));
}

/** An int in its one form. */
export function intOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A float in its one form. */
export function floatOf(value: number): number | Float {
  return Number.isFinite(value) && !Number.isInteger(value) ? value : new Float(value);
}

/** The name of a value's type, as Python has it. */
export function typeName(value: Value): string {
  if (value === null) return 'None';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'str';
    case 'number':
      return isDigits(value) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    default:
      break;
  }
  if (value instanceof Float) return 'float';
  if (value instanceof ExactNumber) return typeName(exactNumeric(value.text));
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof ValueSet) return 'set';
  if (value instanceof Day) return 'date';
  if (value instanceof Moment) return 'datetime';
  if (value instanceof Span) return 'timedelta';
  return value instanceof Zone ? 'timezone' : 'dict';
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** True for an object of the record; what an expression makes is a `Dict`. */
export function isObject(value: Value): value is JsonObject {
  return isJsonObject(value) && !isMade(value);
}

function isMade(value: object): boolean {
  return MADE.some((made) => value instanceof made);
}

const MADE = [Float, Tuple, ValueSet, Dict, Day, Moment, Span, Zone];

/** The entries of a dict or an object; undefined for anything else. */
export function entriesOf(value: Value): readonly (readonly [key: Value, value: Value])[] | undefined {
  if (value instanceof Dict) return value.entries();
  return isObject(value) ? (Object.entries(value) as [string, Json][]) : undefined;
}

/** A member of a dict or an object, own members only; undefined if it has none. */
export function memberOf(value: Dict | JsonObject, key: Value): Value | undefined {
  if (value instanceof Dict) return value.get(key);
  return typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** What a loop over the value takes in turn. Throws ValueFault. */
export function itemsOf(value: Value): readonly Value[] {
  if (isList(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof ValueSet) return value.items();
  if (typeof value === 'string') return fromCodePoints(value);
  const entries = entriesOf(value);
  if (entries !== undefined) return entries.map(([key]) => key);
  throw fault(`${typeName(value)} has no items to go through`);
}

/** Number of items or characters; undefined if it has none. */
export function lengthOf(value: Value): number | undefined {
  if (typeof value === 'string') return hasAstral(value) ? fromCodePoints(value).length : value.length;
  if (isList(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict || value instanceof ValueSet) return value.size;
  return isObject(value) ? Object.keys(value).length : undefined;
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  const number = numericOf(value);
  if (number !== undefined) return number instanceof Float ? number.value !== 0 : number !== 0;
  if (value instanceof Span) return value.micros !== 0n;
  return lengthOf(value) !== 0;
}

/** `==` of Python. */
export function isEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') return false;
  const number = numericOf(a);
  if (number !== undefined) {
    const other = numericOf(b);
    // oxlint-disable-next-line eqeqeq -- the one way to compare a number with a bigint by value
    return other !== undefined && plain(number) == plain(other);
  }
  if (isList(a)) return isList(b) && areEqual(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && areEqual(a.items, b.items);
  if (a instanceof ValueSet) return b instanceof ValueSet && a.size === b.size && a.items().every((item) => b.has(item));
  if (a instanceof Moment || a instanceof Day || a instanceof Span || a instanceof Zone) {
    return typeName(a) === typeName(b) && a.hash === (b as Day | Moment | Span | Zone).hash;
  }
  const entries = entriesOf(a);
  const others = entriesOf(b);
  if (entries === undefined || others === undefined || entries.length !== others.length) return false;
  return entries.every(([key, value]) => {
    const other = memberOf(b as Dict | JsonObject, key);
    return other !== undefined && isEqual(value, other);
  });
}

function areEqual(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => isEqual(item, b[i]!));
}

/** The number that JavaScript compares. */
export function plain(number: number | bigint | Float): number | bigint {
  return number instanceof Float ? number.value : number;
}

/** Below 0, 0 or above 0; NaN for a NaN. Throws ValueFault for values that have no order. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  const number = numericOf(a);
  const other = numericOf(b);
  if (number !== undefined && other !== undefined) {
    const [x, y] = [plain(number), plain(other)];
    return x < y ? -1 : x > y ? 1 : Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0;
  }
  if (isList(a) && isList(b)) return compareItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return compareItems(a.items, b.items);
  if (a instanceof Day && b instanceof Day) return a.days - b.days;
  if (a instanceof Moment && b instanceof Moment) {
    if ((a.offset === undefined) !== (b.offset === undefined))
      throw fault('a datetime with a zone has no order with one without');
    return a.instant < b.instant ? -1 : a.instant > b.instant ? 1 : 0;
  }
  if (a instanceof Span && b instanceof Span) return a.micros < b.micros ? -1 : a.micros > b.micros ? 1 : 0;
  throw fault(`${typeName(a)} and ${typeName(b)} have no order`);
}

/** By code points, as Python orders texts. */
function compareTexts(a: string, b: string): number {
  if (!hasAstral(a) && !hasAstral(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [fromCodePoints(a), fromCodePoints(b)];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function compareItems(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (!isEqual(a[i]!, b[i]!)) return compare(a[i]!, b[i]!);
  return a.length - b.length;
}
