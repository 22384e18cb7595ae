import { NameTable, spaceEnd, stringifyExact, valueEnd, isJsonObject, type JsonObject } from '../../singer/index.ts';
import { parseMessage, type Place, faultAt } from '../../singer/mapper/index.ts';
import type { RecordView } from '../record.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const MEMBERS = new NameTable();
['type', 'stream', 'record'].forEach((name, index) => MEMBERS.add(Buffer.from(name), index));
const RECORD = Buffer.from('"RECORD"');

/** A RECORD line taken apart: the bytes around the stream's name and around the record, each to be written as it came. */
export interface RecordLine {
  bytes: Buffer;
  start: number;
  streamStart: number;
  streamEnd: number;
  recordStart: number;
  recordEnd: number;
  /** After its newline. */
  end: number;
  /** The record as a value, if it could not be read from the bytes. */
  object: JsonObject | undefined;
}

export function emptyLine(): RecordLine {
  return { bytes: EMPTY, start: 0, streamStart: 0, streamEnd: 0, recordStart: 0, recordEnd: 0, end: 0, object: undefined };
}

/**
 * Takes apart the RECORD line at `start` whose stream's name, quotes included, is `name`, and has `view` read its record. Gives false for
 * any other line, and for one that is in doubt: members twice or spelled with escapes, the record before the stream, no strict JSON.
 */
export function readRecordLine(line: RecordLine, bytes: Buffer, start: number, name: Buffer, view: RecordView): boolean {
  let at = spaceEnd(bytes, start);
  if (bytes[at] !== OPEN_BRACE) return false;
  let seen = 0;
  do {
    const quote = spaceEnd(bytes, at + 1);
    if (bytes[quote] !== QUOTE) return false;
    const member = MEMBERS.read(bytes, quote + 1);
    if (MEMBERS.end < 0 || MEMBERS.escaped) return false;
    const colon = spaceEnd(bytes, MEMBERS.end + 1);
    if (bytes[colon] !== COLON) return false;
    const value = spaceEnd(bytes, colon + 1);
    if (member >= 0) {
      if (((seen >> member) & 1) === 1) return false;
      seen |= 1 << member;
    }
    let end: number;
    if (member === 0) {
      if (!isAt(bytes, value, RECORD)) return false;
      end = value + RECORD.length;
    } else if (member === 1) {
      if (!isAt(bytes, value, name)) return false;
      end = value + name.length;
      line.streamStart = value;
      line.streamEnd = end;
    } else if (member === 2) {
      if ((seen & 2) === 0) return false;
      end = view.read(bytes, value);
      line.recordStart = value;
      line.recordEnd = end;
    } else end = valueEnd(bytes, value);
    if (end < 0) return false;
    at = spaceEnd(bytes, end);
  } while (bytes[at] === COMMA);
  if (bytes[at] !== CLOSE_BRACE || seen !== 7) return false;
  at = spaceEnd(bytes, at + 1);
  if (bytes[at] !== NEWLINE) return false;
  line.bytes = bytes;
  line.start = start;
  line.end = at + 1;
  line.object = undefined;
  return true;
}

/** The same for a RECORD message that was parsed: a line of its own is made, the record stays a value. Throws InputError `record-missing`. */
export function loadRecordLine(line: RecordLine, message: JsonObject, place: Place, view: RecordView): void {
  const { type: _, stream, record, ...others } = message;
  if (!isJsonObject(record)) {
    throw faultAt(place, { what: 'RECORD has no record', code: 'record-missing', facts: { stream } });
  }
  Object.assign(line, lineWith(stream as string, stringifyExact(others)), { object: record });
  view.load(record);
}

/** A line of its own with an empty record. `rest`: the members beside it, an object as JSON text. */
export function lineWith(stream: string, rest: string): RecordLine {
  const head = `{"type":"RECORD","stream":`;
  const name = JSON.stringify(stream);
  const middle = ',"record":';
  const bytes = Buffer.from(`${head}${name}${middle}{}${rest === '{}' ? '}' : `,${rest.slice(1)}`}\n`);
  const streamEnd = head.length + Buffer.byteLength(name);
  const recordStart = streamEnd + middle.length;
  const about = { start: 0, streamStart: head.length, streamEnd, recordStart, recordEnd: recordStart + 2 };
  return { bytes, ...about, end: bytes.length, object: undefined };
}

/** What a line says beside its type, stream and record: an object as JSON text. */
export function restOf({ bytes, end, recordEnd, recordStart, start, streamEnd, streamStart }: RecordLine, place: Place): string {
  const head = bytes.toString('latin1', start, streamStart);
  const middle = bytes.toString('latin1', streamEnd, recordStart);
  if (HEAD.test(head) && MIDDLE.test(middle)) {
    const rest = bytes.toString('utf8', recordEnd, end).trim();
    return rest.startsWith(',') ? `{${rest.slice(1)}` : '{}';
  }
  const name = bytes.toString('utf8', start, recordStart);
  const message = parseMessage(Buffer.from(`${name}{}${bytes.toString('utf8', recordEnd, end)}`), place);
  const { type: _, stream: __, record: ___, ...others } = message;
  return stringifyExact(others);
}

/** The usual beginning of a RECORD line: nothing but type and stream stand before the record. */
const HEAD = /^\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*$/;
const MIDDLE = /^\s*,\s*"record"\s*:\s*$/;

/** The record of a line as it came. */
export function originalOf(line: RecordLine, place: Place): JsonObject {
  if (line.object !== undefined) return line.object;
  return parseMessage(line.bytes.subarray(line.start, line.end), place)['record'] as JsonObject;
}

export function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

const EMPTY = Buffer.alloc(0);
