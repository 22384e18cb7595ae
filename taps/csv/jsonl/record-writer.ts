import type { Json, JsonObject, Out } from '../../../singer/tap/index.ts';
import { stringifyExact } from '../../../singer/tap/index.ts';
import { EXTRA, LINE, MISFITS } from '../columns.ts';
import { putInteger } from '../json-text.ts';
import type { Kinds } from './record-types.ts';
import { copyBytes } from './copy-bytes.ts';
import { fits, kindOf } from './record-types.ts';

export interface RecordLayout {
  /** Properties that the stream has, wanted or not. */
  readonly known: ReadonlySet<string>;
  /** Those of them that are sent, with their kinds. */
  readonly properties: ReadonlyMap<string, Kinds>;
  /** What the tap puts before a record's own members: RECORD head, brace, constant columns; no comma at its end. */
  readonly front: Buffer;
  /** True if `front` holds a member. */
  readonly hasConstants: boolean;
  readonly hasLine: boolean;
  /** Whether properties that the stream has not, and values that do not fit, are sent beside the record. */
  readonly keepsExtra: boolean;
  readonly keepsMisfits: boolean;
  tail: Buffer;
}

/** What could not be sent in its place. */
export interface RecordNotes {
  readonly unknown: readonly string[];
  readonly misfits: readonly string[];
}

const NOTHING: RecordNotes = { unknown: [], misfits: [] };
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;
const LINE_NAME = Buffer.from(`${JSON.stringify(LINE)}:`);

/** Sends a record whose members may leave as they are written; `bytes[start..end)` is the inside of its braces. */
export function writeBytes(layout: RecordLayout, bytes: Buffer, start: number, end: number, line: number, out: Out): void {
  const { front, tail } = layout;
  out.ensure(front.length + LINE_NAME.length + 24 + end - start + tail.length);
  const comma = begin(layout, line, out);
  let p = out.used;
  if (comma) out.bytes[p++] = COMMA;
  p = copyBytes(out.bytes, p, bytes, start, end);
  out.bytes[p++] = CLOSE_BRACE;
  out.bytes.set(tail, p);
  out.used = p + tail.length;
  out.records++;
}

/** True if all members of a record may leave as they are written, and there is one. */
export function isSound({ properties }: RecordLayout, record: JsonObject): boolean {
  const members = Object.entries(record);
  for (const [name, value = null] of members) {
    const kinds = properties.get(name);
    if (kinds === undefined || !fits(kinds, kindOf(value))) return false;
  }
  return members.length > 0;
}

/** Sends a record that is not sound as it can be sent by the stream's schema, and tells what that left out. */
export function writeRecord(layout: RecordLayout, record: JsonObject, line: number, out: Out): RecordNotes {
  const { known, properties } = layout;
  const unknown: [string, Json][] = [];
  const misfits: [string, string][] = [];
  let text = '';
  const add = (name: string, value: string): void => {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`;
  };
  for (const [name, value = null] of Object.entries(record)) {
    const kinds = properties.get(name);
    if (kinds === undefined) {
      if (!known.has(name)) unknown.push([name, value]);
    } else if (fits(kinds, kindOf(value))) add(name, stringifyExact(value));
    else {
      add(name, 'null');
      misfits.push([name, typeof value === 'string' ? value : stringifyExact(value)]);
    }
  }
  if (layout.keepsExtra && unknown.length > 0) add(EXTRA, stringifyExact(Object.fromEntries(unknown)));
  if (layout.keepsMisfits && misfits.length > 0) add(MISFITS, JSON.stringify(Object.fromEntries(misfits)));
  out.ensure(layout.front.length + LINE_NAME.length + 24);
  const comma = begin(layout, line, out) && text !== '';
  out.append(Buffer.from(`${comma ? ',' : ''}${text}}`));
  out.append(layout.tail);
  out.records++;
  if (unknown.length === 0 && misfits.length === 0) return NOTHING;
  return { unknown: unknown.map(([name]) => name), misfits: misfits.map(([name]) => name) };
}

/** Writes what stands before the record's own members; gives whether a comma must follow. There must be room. */
function begin(layout: RecordLayout, line: number, out: Out): boolean {
  const { front, hasConstants, hasLine } = layout;
  out.bytes.set(front, out.used);
  let p = out.used + front.length;
  if (hasLine) {
    if (hasConstants) out.bytes[p++] = COMMA;
    out.bytes.set(LINE_NAME, p);
    p = putInteger(out.bytes, p + LINE_NAME.length, line);
  }
  out.used = p;
  return hasConstants || hasLine;
}
