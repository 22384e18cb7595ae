import type { Limit } from './limits.ts';
import type { LineTexts } from './line-texts.ts';

/** Where a scanner notes what it finds, and what it must find; all by slot. */
export interface SlotTables {
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly checks: Uint8Array;
  /** Undefined where the check is all. */
  readonly limits: readonly (Limit | undefined)[];
  /** 1 where the value must be present. */
  readonly required: Uint8Array;
}

/** A scanner for lines that differ from known ones in their values only: text, value, text, value … text. */
export interface Shape {
  /** Reads the line at `at`; gives the offset after its newline, -1 if it is of another shape or has an invalid value. */
  scan(bytes: Uint8Array, view: DataView, at: number, end: number): number;
  /** Where the record of the line that was read last begins. */
  recordStart(lineEnd: number): number;
  /** Where it ends. */
  recordEnd(lineEnd: number): number;
}

/** True if the value after text `i` may be missing, and the text with it. */
export function isOptional({ slots, open, close }: LineTexts, i: number, { required }: SlotTables): boolean {
  const slot = slots[i];
  // Only a member of the record that has another before it can be missing: its text is a comma and its name, no more.
  return slot !== undefined && i > open && i < close && required[slot] === 0;
}

/** A brace of the record: so many bytes before the value of a slot, or before the line's end. */
export interface Brace {
  readonly slot: number | undefined;
  readonly back: number;
}

/** The braces that open and close the record. */
export function bracesOf({ slots, open, close, openBack, closeBack }: LineTexts): {
  readonly open: Brace;
  readonly close: Brace;
} {
  return { open: { slot: slots[open], back: openBack }, close: { slot: slots[close], back: closeBack } };
}

/** Where a brace stands in the line that was read last. */
export function placeOf({ slot, back }: Brace, { starts }: SlotTables, lineEnd: number): number {
  return (slot === undefined ? lineEnd : starts[slot]!) - back;
}
