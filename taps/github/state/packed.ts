/** Bytes of a fingerprint that are kept: two different contents are taken for the same once in 2^48. */
export const HASH_BYTES = 6;

/** Fingerprints in hexadecimal, by id, in the order of a list. */
export type Seen = ReadonlyMap<string, string>;

/** Ids and fingerprints as text: the ids as differences, about 13 characters for each pair. */
export function pack(seen: Seen): string {
  const bytes: number[] = [];
  let last = 0n;
  for (const [id, hash] of seen) {
    const number = BigInt(id);
    writeVarint(bytes, number - last);
    last = number;
    for (const half of [hash.slice(0, HASH_BYTES), hash.slice(HASH_BYTES)]) {
      const value = Number.parseInt(half, 16);
      bytes.push(value >> 16, (value >> 8) & 0xff, value & 0xff);
    }
  }
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

/** What `pack` made; undefined for anything else. */
export function unpack(text: string): Map<string, string> | undefined {
  const bytes = Buffer.from(text, 'base64');
  const seen = new Map<string, string>();
  let at = 0;
  let last = 0n;
  while (at < bytes.length) {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7n;
    }
    last += (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
    if (at + HASH_BYTES > bytes.length) return undefined;
    seen.set(String(last), bytes.toString('hex', at, at + HASH_BYTES));
    at += HASH_BYTES;
  }
  return seen;
}

/** Zigzag, then seven bits a byte. */
function writeVarint(bytes: number[], value: bigint): void {
  let rest = value >= 0n ? value << 1n : (-value << 1n) - 1n;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
}
