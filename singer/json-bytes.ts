const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/**
 * Where the value of a top-level member stands in the bytes of a JSON object that a parser has already accepted:
 * `[start, end)`. The last one wins, as in JSON.parse. Undefined if no member is spelled this way.
 */
export function memberRange(bytes: Buffer, start: number, end: number, name: string): readonly [number, number] | undefined {
  const wanted = Buffer.from(JSON.stringify(name));
  let found: readonly [number, number] | undefined;
  let at = skipSpace(bytes, bytes.indexOf(OPEN_BRACE, start) + 1, end);
  while (at < end && bytes[at] === QUOTE) {
    const nameEnd = skipString(bytes, at);
    const matches = nameEnd - at === wanted.length && bytes.compare(wanted, 0, wanted.length, at, nameEnd) === 0;
    const valueStart = skipSpace(bytes, bytes.indexOf(COLON, nameEnd) + 1, end);
    const valueEnd = skipValue(bytes, valueStart, end);
    if (matches) found = [valueStart, valueEnd];
    at = skipSpace(bytes, valueEnd, end);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1, end);
  }
  return found;
}

/** The text of a JSON value without white space outside strings; `[start, end)` must hold one valid value. */
export function compactText(bytes: Buffer, start: number, end: number): string {
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const stop = skipString(bytes, at);
      length += bytes.copy(out, length, at, stop);
      at = stop;
    } else {
      if (!isSpace(byte)) out[length++] = byte;
      at++;
    }
  }
  return out.toString('utf8', 0, length);
}

function skipValue(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = skipString(bytes, at) - 1;
      if (depth === 0) return at + 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return at;
  }
  return end;
}

/** Gives the offset after the closing quote of the string that begins at `at`. */
function skipString(bytes: Buffer, at: number): number {
  for (at++; bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return at + 1;
}

function skipSpace(bytes: Buffer, at: number, end: number): number {
  while (at < end && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
