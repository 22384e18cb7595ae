import { damaged, truncated } from './bad-data.ts';
import { BitReader } from './bit-reader.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, READ_BYTES } from './source.ts';

/** The halves of the marks before a block (the digits of pi) and at the end of a stream (those of its root). */
const BLOCK_MARK = [0x314159, 0x265359] as const;
const END_MARK = [0x177245, 0x385090] as const;
const GROUP_SYMBOLS = 50;
const MAX_CODE_BITS = 20;
const RUN_A = 0;
const RUN_B = 1;
/** Equal bytes after which their number follows. */
const RUN_BYTES = 4;

/** The checksum of bzip2: CRC-32, the highest bit first. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/**
 * Decompresses bzip2, also of several streams, block by block: it takes about 8 MB of memory, whatever the file holds. Checksums are
 * compared. Throws InputError for damaged data and for those that end too early. The format has no standard; this is what bzip2 1.0.8
 * writes, without the randomised blocks of versions before 0.9.5.
 */
export async function bunzip2(source: ByteSource, key: string): Promise<ByteSource> {
  return chunkSource(chunks(source, key), () => source.close());
}

async function* chunks(source: ByteSource, key: string): AsyncGenerator<Buffer> {
  const bits = new BitReader(source, () => truncated(key, 'bzip2'));
  const wrong = (): Error => damaged(key, 'bzip2');
  await bits.ready();
  do {
    if (bits.read(24) !== 0x425a68) throw wrong();
    const level = bits.read(8) - 0x30;
    if (level < 1 || level > 9) throw wrong();
    // Each place holds a byte and, above it, the place of the one that follows.
    const places = new Uint32Array(level * 100_000);
    let all = 0;
    for (;;) {
      await bits.ready();
      const mark = [bits.read(24), bits.read(24)];
      const crc = (bits.read(16) << 16) | bits.read(16);
      if (mark[0] === END_MARK[0] && mark[1] === END_MARK[1]) {
        if (crc !== all) throw wrong();
        break;
      }
      if (mark[0] !== BLOCK_MARK[0] || mark[1] !== BLOCK_MARK[1]) throw wrong();
      if (bits.read(1) === 1) throw wrong();
      const first = bits.read(24);
      const length = readBlock(bits, places, wrong);
      if (first >= length) throw wrong();
      const blockCrc = yield* unsorted(places, length, first);
      if (blockCrc !== crc) throw wrong();
      all = ((all << 1) | (all >>> 31)) ^ blockCrc;
    }
    bits.align();
    await bits.ready();
  } while (!bits.done);
}

/** Reads a block's symbols into the low bytes of `places`, and links them; gives their number. */
function readBlock(bits: BitReader, places: Uint32Array, wrong: () => Error): number {
  const used = usedBytes(bits);
  if (used.length === 0) throw wrong();
  const tables = bits.read(3);
  const selectors = bits.read(15);
  if (tables < 2 || tables > 6 || selectors === 0) throw wrong();
  const order = Array.from({ length: tables }, (_, table) => table);
  const selected = new Uint8Array(selectors);
  for (let at = 0; at < selectors; at++) {
    let rank = 0;
    while (bits.read(1) === 1) if (++rank >= tables) throw wrong();
    order.unshift(...order.splice(rank, 1));
    selected[at] = order[0]!;
  }
  const codes = Array.from({ length: tables }, () => codeOf(bits, used.length + 2, wrong));
  const counts = new Int32Array(256);
  const end = used.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let group = 0; ; group++) {
    if (group >= selectors) throw wrong();
    const code = codes[selected[group]!]!;
    for (let left = GROUP_SYMBOLS; left > 0; left--) {
      const symbol = readSymbol(bits, code, wrong);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += weight << symbol;
        weight <<= 1;
        if (run > places.length) throw wrong();
        continue;
      }
      if (run > 0) {
        if (length + run > places.length) throw wrong();
        places.fill(used[0]!, length, length + run);
        counts[used[0]!]! += run;
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) return link(places, length, counts);
      if (length === places.length) throw wrong();
      const byte = used[symbol - 1]!;
      used.copyWithin(1, 0, symbol - 1);
      used[0] = byte;
      counts[byte]!++;
      places[length++] = byte;
    }
  }
}

/** The bytes that occur in a block, in order. */
function usedBytes(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member++) if ((members & (0x8000 >> member)) !== 0) used.push(range * 16 + member);
  }
  return Uint8Array.from(used);
}

/** A prefix code: per length the first code, the first symbol and the number of symbols. */
interface Code {
  readonly firstCode: Int32Array;
  readonly firstSymbol: Int32Array;
  readonly count: Int32Array;
  readonly symbols: Uint16Array;
}

function codeOf(bits: BitReader, size: number, wrong: () => Error): Code {
  const lengths = new Uint8Array(size);
  let length = bits.read(5);
  for (let symbol = 0; symbol < size; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw wrong();
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const count = new Int32Array(MAX_CODE_BITS + 1);
  for (const each of lengths) count[each]!++;
  const firstCode = new Int32Array(MAX_CODE_BITS + 1);
  const firstSymbol = new Int32Array(MAX_CODE_BITS + 1);
  let code = 0;
  let symbol = 0;
  for (let each = 1; each <= MAX_CODE_BITS; each++) {
    firstCode[each] = code;
    firstSymbol[each] = symbol;
    code = (code + count[each]!) << 1;
    symbol += count[each]!;
  }
  const symbols = Uint16Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  return { firstCode, firstSymbol, count, symbols };
}

function readSymbol(bits: BitReader, { firstCode, firstSymbol, count, symbols }: Code, wrong: () => Error): number {
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code = (code << 1) | bits.read(1);
    const index = code - firstCode[length]!;
    if (index < count[length]!) return symbols[firstSymbol[length]! + index]!;
  }
  throw wrong();
}

/** Puts above each byte of the sorted block the place of the byte that follows it in the text; gives the length. */
function link(places: Uint32Array, length: number, counts: Int32Array): number {
  const next = new Int32Array(256);
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    next[byte] = sum;
    sum += counts[byte]!;
  }
  for (let at = 0; at < length; at++) places[next[places[at]! & 0xff]!++]! |= at << 8;
  return length;
}

/** The text of a linked block, its runs written out, in pieces; gives its checksum. */
function* unsorted(places: Uint32Array, length: number, first: number): Generator<Buffer, number> {
  let out = Buffer.allocUnsafe(READ_BYTES);
  let used = 0;
  let crc = -1;
  let place = places[first]! >>> 8;
  let last = -1;
  let same = 0;
  for (let left = length; left > 0; left--) {
    const entry = places[place]!;
    const byte = entry & 0xff;
    place = entry >>> 8;
    let times = 1;
    let value = byte;
    if (same === RUN_BYTES) {
      times = byte;
      value = last;
      same = 0;
      last = -1;
    } else {
      same = byte === last ? same + 1 : 1;
      last = byte;
    }
    for (; times > 0; times--) {
      crc = (crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ value) & 0xff]!;
      out[used++] = value;
      if (used < READ_BYTES) continue;
      yield out;
      out = Buffer.allocUnsafe(READ_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield out.subarray(0, used);
  return ~crc;
}
