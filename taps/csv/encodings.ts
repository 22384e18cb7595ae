import { isUtf8 } from 'node:buffer';
import { SystemError } from '../../singer/tap/index.ts';
import { badByte } from './utf8.ts';

/** Python's codec names and aliases that iconv-lite does not know by themselves, spelled without signs. */
const ALIASES: Readonly<Record<string, string>> = {
  u8: 'utf8',
  utf: 'utf8',
  utf8sig: 'utf8',
  cp65001: 'utf8',
  u16: 'utf16',
  u32: 'utf32',
  '646': 'ascii',
  usascii: 'ascii',
  l1: 'latin1',
  l2: 'latin2',
  '8859': 'latin1',
  ansi: 'cp1252',
  ujis: 'eucjp',
  ms932: 'cp932',
  mskanji: 'cp932',
  ms936: 'cp936',
  ms949: 'cp949',
  uhc: 'cp949',
  ms950: 'cp950',
  hebrew: 'iso88598',
  maclatin2: 'maccenteuro',
};

/** iconv-lite's short spelling of a name: lower case, letters and digits only; Python's own names included. */
export function encodingName(label: string): string {
  const short = label.toLowerCase().replace(/[^0-9a-z]/g, '');
  return ALIASES[short] ?? short;
}

/** The encoding that a byte order mark at the beginning tells, if there is one that is not UTF-8's. */
export function encodingOfMark(head: Buffer): 'utf16le' | 'utf16be' | 'utf32le' | 'utf32be' | undefined {
  if (head.length >= 4 && head.readUInt32LE(0) === 0x0000feff) return 'utf32le';
  if (head.length >= 4 && head.readUInt32BE(0) === 0x0000feff) return 'utf32be';
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return 'utf16le';
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return 'utf16be';
  return undefined;
}

/** Turns chunks of text in another encoding into UTF-8. Bytes that mean nothing there end in `BadText`. */
export interface Transcoder {
  write(chunk: Buffer): Buffer;
  end(): Buffer;
}

/** Bytes that are no text in the file's encoding: `good` is the text before them, `offset` their place in the undecoded bytes. */
export class BadText extends Error {
  readonly good: Buffer;
  readonly offset: number;
  constructor(good: Buffer, offset: number) {
    super('bytes that are no text in the encoding of the file');
    this.good = good;
    this.offset = offset;
  }
}

/** What to do with bytes that mean nothing in the encoding, other than to throw `BadText`. */
export interface BadBytes {
  /** What stands in their place. */
  readonly put: Buffer;
  /** How often that was done. */
  count: number;
}

/** U+FFFD, the replacement character, as UTF-8. */
export const REPLACEMENT_BYTES = Buffer.from('\ufffd');
/** A byte that is no UTF-8: what reads the text on will find it, in its row. */
export const BAD_BYTE = Buffer.of(0xff);

/** What stands for undecodable bytes in iconv-lite's and TextDecoder's lenient output. */
const REPLACEMENT = '\ufffd';

/** Python's plain utf-16 and utf-32 follow the mark; without one, little-endian, as on the machines of today. */
const LITTLE_ENDIAN: Readonly<Record<string, string>> = { utf16: 'utf16le', utf32: 'utf32le', ucs2: 'utf16le' };

/** True for a name that `transcoderFor` knows; loads the tables for names other than UTF-8. */
export async function isEncoding(label: string): Promise<boolean> {
  const name = encodingName(label);
  if (name === 'utf8') return true;
  const { default: iconv } = await import('iconv-lite');
  return iconv.encodingExists(LITTLE_ENDIAN[name] ?? name);
}

/**
 * The transcoder for an encoding, loaded on first use; undefined for UTF-8 that need not be repaired.
 * Throws SystemError for a name nobody knows.
 */
export async function transcoderFor(encoding: string, errors?: BadBytes): Promise<Transcoder | undefined> {
  const name = encodingName(encoding);
  if (name === 'utf8') return errors?.put === REPLACEMENT_BYTES ? utf8Transcoder(errors) : undefined;
  const label = LITTLE_ENDIAN[name] ?? name;
  const { default: iconv } = await import('iconv-lite');
  if (!iconv.encodingExists(label)) {
    throw new SystemError(`The encoding "${encoding}" is not known`, {
      code: 'encoding-unknown',
      facts: { encoding },
      hint: 'Use a name such as utf-8, utf-16, latin-1, cp1252 or shift_jis.',
    });
  }
  if (label === 'utf16le' || label === 'utf16be') return utf16Transcoder(label === 'utf16le' ? 'utf-16le' : 'utf-16be', errors);
  // iconv-lite has the Mac's table of before the euro sign.
  if (label === 'macroman' || label === 'macintosh') return macTranscoder();
  // The mark stays in: offsets count it, and the header drops it.
  const decoder = iconv.getDecoder(label, { stripBOM: false });
  let before = 0;
  const encode = (text: string): Buffer => {
    const bad = text.indexOf(REPLACEMENT);
    if (bad < 0) return Buffer.from(text);
    const good = text.slice(0, bad);
    if (errors !== undefined) return replaced(text.split(REPLACEMENT), errors);
    throw new BadText(Buffer.from(good), before + iconv.encode(good, label, { addBOM: false }).length);
  };
  return {
    write(chunk) {
      const bytes = encode(decoder.write(chunk));
      before += chunk.length;
      return bytes;
    },
    end: () => encode(decoder.end() ?? ''),
  };
}

function replaced(pieces: readonly string[], errors: BadBytes): Buffer {
  const { put } = errors;
  errors.count += pieces.length - 1;
  return Buffer.concat(pieces.flatMap((piece, index) => (index === 0 ? [Buffer.from(piece)] : [put, Buffer.from(piece)])));
}

/** UTF-8 with each bad byte replaced. */
function utf8Transcoder(errors: BadBytes): Transcoder {
  let carried: Buffer = Buffer.alloc(0);
  const repair = (bytes: Buffer, last: boolean): Buffer => {
    if (isUtf8(bytes)) {
      carried = Buffer.alloc(0);
      return bytes;
    }
    const pieces: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const bad = badByte(bytes, at, bytes.length);
      pieces.push(bytes.subarray(at, bad));
      at = bad;
      // The chunk may end inside a character.
      if (at === bytes.length || (!last && bytes.length - at < 4)) break;
      pieces.push(errors.put);
      errors.count++;
      at++;
    }
    carried = Buffer.from(bytes.subarray(at));
    return Buffer.concat(pieces);
  };
  return {
    write: (chunk) => repair(carried.length === 0 ? chunk : Buffer.concat([carried, chunk]), false),
    end: () => repair(carried, true),
  };
}

/** Every byte is a character, so nothing can be bad or cut in two. */
function macTranscoder(): Transcoder {
  const decoder = new TextDecoder('macintosh');
  return { write: (chunk) => Buffer.from(decoder.decode(chunk)), end: () => Buffer.alloc(0) };
}

/** UTF-16 may hold U+FFFD as a real character, so bad bytes are found by a strict decoder. */
function utf16Transcoder(label: 'utf-16le' | 'utf-16be', errors: BadBytes | undefined): Transcoder {
  const strict = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  let before = 0;
  let carried: Buffer = Buffer.alloc(0);
  const decode = (bytes: Buffer, last: boolean): Buffer => {
    // Whole characters only: an odd byte and the first half of a pair wait for the next chunk.
    let whole = last ? bytes.length : bytes.length & ~1;
    const high = label === 'utf-16le' ? bytes[whole - 1] : bytes[whole - 2];
    if (!last && whole >= 2 && (high! & 0xfc) === 0xd8) whole -= 2;
    const now = bytes.subarray(0, whole);
    carried = Buffer.from(bytes.subarray(whole));
    try {
      const text = strict.decode(now);
      before += whole;
      return Buffer.from(text);
    } catch {
      if (errors !== undefined) {
        before += whole;
        return lenient(now, errors);
      }
      const bad = badUnit(now, label);
      throw new BadText(Buffer.from(strict.decode(now.subarray(0, bad))), before + bad);
    }
  };
  const lenient = (bytes: Buffer, bad: BadBytes): Buffer => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const good = badUnit(bytes.subarray(at), label);
      pieces.push(Buffer.from(strict.decode(bytes.subarray(at, at + good))));
      at += good + 2;
      if (at - 2 >= bytes.length) break;
      pieces.push(bad.put);
      bad.count++;
    }
    return Buffer.concat(pieces);
  };
  return {
    write: (chunk) => decode(carried.length === 0 ? chunk : Buffer.concat([carried, chunk]), false),
    end: () => decode(carried, true),
  };
}

/** Offset of the first half of a surrogate pair that stands alone, or of an odd last byte. */
function badUnit(bytes: Buffer, label: 'utf-16le' | 'utf-16be'): number {
  const unit = (at: number): number => (label === 'utf-16le' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  let at = 0;
  while (at + 1 < bytes.length) {
    const value = unit(at);
    if (value >= 0xdc00 && value <= 0xdfff) return at;
    if (value >= 0xd800 && value <= 0xdbff) {
      if (at + 3 >= bytes.length || (unit(at + 2) & 0xfc00) !== 0xdc00) return at;
      at += 2;
    }
    at += 2;
  }
  return at;
}
