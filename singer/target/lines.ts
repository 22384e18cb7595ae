import { isUtf8 } from 'node:buffer';
import type { InputError } from '../errors.ts';
import { isBlank } from './message.ts';
import { faultAt, type Place } from './place.ts';

const NEWLINE = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Some whole lines: `bytes[start..end)`, each ending with a newline. */
export interface Lines {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts chunks into pieces of whole lines of valid UTF-8. A BOM at the beginning is dropped; a last line without a newline is
 * given with one, marked `unfinished`, so that the reader can refuse it if it is a fragment.
 * Throws InputError for a line longer than `maxLineBytes` and for bytes that are not UTF-8; `place` tells where the reader
 * stands, which is only needed to say where.
 */
export async function* wholeLines(
  chunks: AsyncIterable<Buffer>,
  maxLineBytes: number,
  place: Place,
): AsyncGenerator<Lines & { readonly unfinished?: true }> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  let first = true;
  for await (const chunk of chunks) {
    let start = 0;
    if (first && chunk.length > 0) {
      first = false;
      if (chunk.subarray(0, 3).equals(BOM)) start = 3;
    }
    if (carriedBytes > 0) {
      const newline = chunk.indexOf(NEWLINE, start);
      const stop = newline < 0 ? chunk.length : newline + 1;
      // A copy: the source may reuse its buffer.
      carried.push(Buffer.from(chunk.subarray(start, stop)));
      carriedBytes += stop - start;
      if (carriedBytes > maxLineBytes) throw tooLong(maxLineBytes, place);
      if (newline < 0) continue;
      start = stop;
      const line = Buffer.concat(carried, carriedBytes);
      carried = [];
      carriedBytes = 0;
      yield checked(line, 0, line.length, place);
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > start) yield checked(chunk, start, end, place);
    const rest = Math.max(start, end);
    if (rest < chunk.length) {
      carried = [Buffer.from(chunk.subarray(rest))];
      carriedBytes = chunk.length - rest;
    }
  }
  if (carriedBytes > 0) {
    const line = Buffer.concat([...carried, Buffer.of(NEWLINE)], carriedBytes + 1);
    yield { ...checked(line, 0, line.length, place), unfinished: true };
  }
}

/** How many of the lines are not blank. */
export function filledLines({ bytes, start, end }: Lines): number {
  let lines = 0;
  for (let at = start; at < end;) {
    const stop = bytes.indexOf(NEWLINE, at) + 1;
    if (!isBlank(bytes.subarray(at, stop))) lines++;
    at = stop;
  }
  return lines;
}

function checked(bytes: Buffer, start: number, end: number, place: Place): Lines {
  if (isUtf8(bytes.subarray(start, end))) return { bytes, start, end };
  let line = place.line + 1;
  let from = start;
  for (let newline = bytes.indexOf(NEWLINE, from); newline >= 0 && newline < end; newline = bytes.indexOf(NEWLINE, from)) {
    if (!isUtf8(bytes.subarray(from, newline))) break;
    from = newline + 1;
    line++;
  }
  throw faultAt(
    { line, file: place.file },
    { what: 'is not valid UTF-8', code: 'input-not-utf8', hint: 'Have the upstream write UTF-8.' },
  );
}

function tooLong(limit: number, { line, file }: Place): InputError {
  return faultAt(
    { line: line + 1, file },
    {
      what: `is longer than ${limit} bytes`,
      code: 'input-line-too-long',
      facts: { limit },
      hint: 'Raise max_line_bytes, or have the upstream send smaller records.',
    },
  );
}
