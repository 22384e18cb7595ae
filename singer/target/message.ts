import { parseLenient } from '../json-text.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Lines } from './lines.ts';
import { faultAt, type Place } from './place.ts';

export type Message = JsonObject & { readonly type: string };

/** The message of a line. Throws InputError `input-not-json` or `input-not-message`. */
export function parseMessage(line: Buffer, place: Place): Message {
  const message = parseLine(line, place);
  if (!isJsonObject(message) || typeof message['type'] !== 'string') {
    throw faultAt(place, {
      what: 'is not a Singer message: an object with a type',
      code: 'input-not-message',
      hint: 'See which program writes to the pipe.',
    });
  }
  return message as Message;
}

/** The record of a line of a BATCH file. Throws InputError `input-not-json` or `batch-not-record`. */
export function parseBareRecord(line: Buffer, place: Place): JsonObject {
  const record = parseLine(line, place);
  if (isJsonObject(record)) return record;
  throw faultAt(place, { what: 'is not a record: a JSON object', code: 'batch-not-record' });
}

function parseLine(line: Buffer, place: Place): Json {
  try {
    return parseLenient(line.toString());
  } catch (error) {
    // The stack is at its end: see `orTooDeep`.
    if (error instanceof RangeError) throw error;
    // The parser's own message would quote the line.
    throw faultAt(place, {
      what: 'is not JSON',
      code: 'input-not-json',
      facts: { bytes: line.length },
      ...(place.file === undefined ? { hint: 'Only Singer messages may be on the input; logs belong on stderr.' } : {}),
    });
  }
}

/** The `stream` of a message. Throws InputError `message-without-stream`. */
export function streamOf(message: JsonObject, type: string, place: Place): string {
  const name = message['stream'];
  if (typeof name === 'string') return name;
  throw faultAt(place, { what: `${type} has no stream name`, code: 'message-without-stream', facts: { type } });
}

/** A version as an exact JavaScript number; undefined for what is none or would be rounded. */
export function versionOf(value: Json | undefined): number | undefined {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** True for a line of white space only. */
export function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x0a && byte !== 0x09) return false;
  return true;
}

/** True for lines that are one whole JSON value: a last line without its newline may be a fragment. */
export function isWholeMessage({ bytes, start, end }: Lines): boolean {
  try {
    JSON.parse(bytes.toString('utf8', start, end));
    return true;
  } catch {
    // Not an accident to report here: the caller says that the input was cut.
    return false;
  }
}
