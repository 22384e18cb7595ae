import { type Json, parseExact, stringifyExact, valueEnd } from '../../singer/index.ts';

/** What is known of a record that waits. */
export interface Held {
  /** Its number among all records that came. */
  readonly number: number;
  /** What records of one key are compared by; null if by their number alone. */
  readonly order: Json;
}

/** True if `b`, which has the same key, takes the place of `a`. */
export type Beats = (b: Held, a: Held) => boolean;

/** A held record: one line, its newline included, within bytes that hold others, too. */
export interface Line {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Where the key stands in a line, `{"key":"…`: hexadecimal digits. */
export const KEY_START = 8;
export const KEY_END = KEY_START + 32;
const NUMBER = '","number":';
const ORDER = ',"order":';
const REST = ',"rest":';
const RECORD = ',"record":';

/** The beginning of the line in which a record waits; the record and `}\n` follow. `rest`: the rest of its message, JSON text. */
export function lineHead(key: string, { number, order }: Held, rest: string): string {
  return `{"key":"${key}${NUMBER}${number}${ORDER}${stringifyExact(order)}${REST}${rest}${RECORD}`;
}

/** The key of a line: lines of one key stand together where lines are sorted by it. */
export function keyOf({ bytes, start }: Line): string {
  return bytes.toString('latin1', start + KEY_START, start + KEY_END);
}

/** What the record of a line is compared by. */
export function heldOf({ bytes, start }: Line): Held {
  const number = start + KEY_END + NUMBER.length;
  const numberEnd = valueEnd(bytes, number);
  const order = numberEnd + ORDER.length;
  return {
    number: Number(bytes.toString('latin1', number, numberEnd)),
    order: parseExact(bytes.toString('utf8', order, valueEnd(bytes, order))),
  };
}

/** Where the record of a line begins, and the rest of its message. */
export function recordOf({ bytes, start }: Line): { readonly at: number; readonly rest: string } {
  const order = valueEnd(bytes, start + KEY_END + NUMBER.length) + ORDER.length;
  const rest = valueEnd(bytes, order) + REST.length;
  const restEnd = valueEnd(bytes, rest);
  return { at: restEnd + RECORD.length, rest: bytes.toString('utf8', rest, restEnd) };
}
