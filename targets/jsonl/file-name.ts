import { createHash } from 'node:crypto';
import { cutToBytes } from '../../singer/index.ts';

/** Most file systems stop at 255 bytes; the time stamp, the ending and our `.journal` must fit behind the name too. */
export const MAX_BYTES = 200;
/** Name and value of a partition stand in one folder name. */
const MAX_PARTITION_BYTES = 110;

/** Path separators, what Windows forbids, control characters, and the escape character itself. */
// oxlint-disable-next-line no-control-regex -- control characters are looked for
const FORBIDDEN = /[/\\:*?"<>|%\u0000-\u001f\u007f]|^\.|[. ]$|\p{Surrogate}/gu;

/** Names that Windows keeps for devices, whatever the ending. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/iu;

/**
 * The file name, without its ending, for a stream: the stream's own name wherever that is safe, else with `%XX` in place of
 * each byte that is not, so that different streams never meet in one file and no name leads out of the folder.
 */
export function safeName(stream: string, maxBytes: number = MAX_BYTES): string {
  if (stream === '') return '%';
  const safe = stream.replace(FORBIDDEN, percent).replace(DEVICE, (name) => percent(name[0]!) + name.slice(1));
  return Buffer.byteLength(safe) <= maxBytes ? safe : `${cutToBytes(safe, maxBytes - 9)}-${shortHash(stream)}`;
}

/** True for a name that Windows keeps for a device. */
export function isDevice(name: string): boolean {
  return DEVICE.test(name);
}

/** A name or value in the folder of a partition, as Hive escapes it: `=` and quotes too. */
export function safePartition(text: string): string {
  const safe = text.replace(FORBIDDEN, percent).replaceAll(/[='#{}[\]^]/g, percent);
  return Buffer.byteLength(safe) <= MAX_PARTITION_BYTES
    ? safe
    : `${cutToBytes(safe, MAX_PARTITION_BYTES - 9)}-${shortHash(text)}`;
}

/**
 * `safeName`, kept apart from names that differ from it only by case or by Unicode form, because many file systems take such
 * names for one. `others` are the files already there or in use, without their endings. The same stream and the same folder
 * give the same name, in whatever order streams come.
 */
export function distinctName(stream: string, others: Iterable<string>, maxBytes: number = MAX_BYTES): string {
  const plain = safeName(stream, maxBytes);
  const hashed = `${cutToBytes(plain, maxBytes - 9)}-${shortHash(stream)}`;
  let clash = false;
  for (const other of others) {
    if (other === hashed) return hashed;
    if (other !== plain && folded(other) === folded(plain)) clash = true;
  }
  return clash ? hashed : plain;
}

/** What a file system that ignores case and Unicode form makes of a name. */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function percent(character: string): string {
  // Half of a surrogate pair has no UTF-8.
  if (/\p{Surrogate}/u.test(character)) return `%u${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
