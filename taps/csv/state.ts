import type { Json, JsonObject } from '../../singer/tap/index.ts';
import { ExactNumber } from '../../singer/tap/index.ts';

/** How far a file has been read. */
export type FileState = {
  /** Size and time of the file when it was opened. */
  readonly size: number;
  readonly mtime: string;
  /** Bytes read, decompressed and as UTF-8; always the end of a row. */
  readonly offset: number;
  /** SHA-256 of these bytes: tells a file that grew from one that was rewritten. */
  readonly hash: string;
  /** Rows sent. */
  readonly rows: number;
  /** Physical line of the next row. */
  readonly line: number;
  /** True when the file had been read to its end. */
  readonly done: boolean;
  /** Where the last row begins, if the file ended before the row clearly did: bytes appended later may belong to it. */
  readonly open?: OpenRow;
};

/** A row that bytes appended later may belong to, and what had been read before it. */
export type OpenRow = {
  readonly offset: number;
  readonly rows: number;
  readonly line: number;
  /** True for a malformed row that takes whatever is appended (a quote was not closed): it is read again, and the lines after it were a guess. */
  readonly unclosed?: true;
};

/** The bookmark of a stream: `{ files: { KEY: FileState } }`. */
export function bookmarkOf(files: ReadonlyMap<string, FileState>): JsonObject {
  return { files: Object.fromEntries(files) };
}

/** Reads a bookmark back; undefined if it has another shape. */
export function statesOf(bookmark: JsonObject | undefined): Map<string, FileState> | undefined {
  const states = new Map<string, FileState>();
  if (bookmark === undefined || Object.keys(bookmark).length === 0) return states;
  const files = objectOf(bookmark['files']);
  if (files === undefined) return undefined;
  for (const [key, value] of Object.entries(files)) {
    const state = stateOf(objectOf(value));
    if (state === undefined) return undefined;
    states.set(key, state);
  }
  return states;
}

function stateOf(value: JsonObject | undefined): FileState | undefined {
  if (value === undefined) return undefined;
  const numbers = numbersOf(value, ['size', 'offset', 'rows', 'line']);
  const { mtime, hash, done } = value;
  if (numbers === undefined || typeof mtime !== 'string' || typeof hash !== 'string' || typeof done !== 'boolean')
    return undefined;
  const state = { size: numbers.size, mtime, offset: numbers.offset, hash, rows: numbers.rows, line: numbers.line, done };
  if (value['open'] === undefined) return state;
  const open = objectOf(value['open']);
  const openNumbers = open === undefined ? undefined : numbersOf(open, ['offset', 'rows', 'line']);
  if (openNumbers === undefined) return undefined;
  return { ...state, open: open?.['unclosed'] === true ? { ...openNumbers, unclosed: true } : openNumbers };
}

function numbersOf<K extends string>(value: JsonObject, names: readonly K[]): Record<K, number> | undefined {
  const numbers: Partial<Record<K, number>> = {};
  for (const name of names) {
    const member = value[name];
    const number = member instanceof ExactNumber ? Number(member.text) : member;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) return undefined;
    numbers[name] = number;
  }
  return numbers as Record<K, number>;
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof ExactNumber) return undefined;
  return value as JsonObject;
}
