import { createHash } from 'node:crypto';

export type Casing = 'keep' | 'lower' | 'snake';

export interface NameRules {
  readonly casing: Casing;
  /** Longest name the destination takes, in bytes of UTF-8. */
  readonly maxBytes: number;
}

/** Characters of the hash that is put behind a shortened or clashing name. */
const HASH_CHARS = 8;

/**
 * Destination names for a set of source names: one each, all different, none empty, none longer than `maxBytes`. A name that
 * had to be shortened, or that two sources would share, ends in a hash of its source name; the source that is
 * already spelled as the shared name keeps it. The result does not depend on the order of `sources`, so it is the same in
 * every run; what one source gets changes only when a source that clashes with it comes or goes.
 */
export function assignNames(sources: Iterable<string>, rules: NameRules): Map<string, string> {
  const bySource = new Map<string, string>();
  const wanted = new Map<string, string[]>();
  for (const source of new Set(sources)) {
    const name = plainName(source, rules);
    bySource.set(source, name);
    const rivals = wanted.get(name);
    if (rivals === undefined) wanted.set(name, [source]);
    else rivals.push(source);
  }
  const taken = new Set(wanted.keys());
  const free = (source: string): string => {
    let name = hashedName(source, rules);
    // Two hashes of 32 bits may meet, and a source may be spelled like a hashed name: sorted order makes the way out stable.
    for (let round = 1; taken.has(name); round++) name = hashedName(source, rules, `${source}\0${round}`);
    taken.add(name);
    return name;
  };
  for (const [name, rivals] of [...wanted].toSorted(byFirst)) {
    if (rivals.length === 1) continue;
    for (const source of rivals.toSorted()) if (source !== name) bySource.set(source, free(source));
    if (!rivals.includes(name)) taken.delete(name);
  }
  return bySource;
}

/** The name of one source by itself: cased, never empty, shortened with a hash where it is too long. */
export function plainName(source: string, rules: NameRules): string {
  const cased = CASINGS[rules.casing](encodable(source));
  if (cased === '') return `_unnamed_${hash(source)}`;
  return Buffer.byteLength(cased) <= rules.maxBytes ? cased : hashedName(source, rules);
}

/** The cased name, cut as far as needed, behind it `_` and a hash of the source name. */
export function hashedName(source: string, rules: NameRules, hashed: string = source): string {
  const cased = CASINGS[rules.casing](encodable(source));
  return `${cutToBytes(cased, rules.maxBytes - HASH_CHARS - 1)}_${hash(hashed)}`;
}

/** Without what no identifier can hold: NUL, and half surrogate pairs (which UTF-8 lacks). */
function encodable(source: string): string {
  return Buffer.from(source.replaceAll('\0', '')).toString();
}

/** The longest beginning of `text` that takes no more than `bytes` bytes and cuts no character. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const encoded = Buffer.from(text);
  let end = bytes;
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end--;
  return encoded.toString('utf8', 0, end);
}

const CASINGS: Readonly<Record<Casing, (name: string) => string>> = {
  keep: (name) => name,
  lower: (name) => name.toLowerCase(),
  snake: (name) =>
    name
      .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
      .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
      .replaceAll(/[^\p{L}\p{N}_]+/gu, '_')
      .toLowerCase(),
};

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
