import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { InputError } from '../../singer/tap/index.ts';
import { damaged, truncated } from './bad-data.ts';
import { bunzip2, inflate, unzstd } from './codecs.ts';
import { systemError } from './refusal.ts';
import type { ByteSource } from './source.ts';
import { rangeSource } from './source.ts';

/** A file inside an archive, as the archive's directory tells it. Source of the format: PKWARE APPNOTE 6.3.10. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly encrypted: boolean;
  /** Offset of the member's own header. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const LOCAL_BYTES = 30;
const ENTRY_BYTES = 46;
const MAX_COMMENT_BYTES = 0xffff;
/** A directory of about half a million members; it is read whole. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;
const MADE_BY_UNIX = 3;
const FILE_TYPE = 0xf000;
const SYMBOLIC_LINK = 0xa000;

/** How members are stored. Others are known by name only. */
const READERS: Readonly<Record<number, (source: ByteSource, key: string) => Promise<ByteSource>>> = {
  0: (source) => Promise.resolve(source),
  8: inflate,
  12: bunzip2,
  93: unzstd,
};
const OTHER_METHODS: Readonly<Record<number, string>> = { 9: 'deflate64', 14: 'lzma', 95: 'xz', 98: 'ppmd' };

/** True if a file that begins with these bytes is a ZIP archive, perhaps an empty one. */
export function isZip(head: Buffer): boolean {
  return head.length >= 4 && (head.readUInt32LE(0) === LOCAL || head.readUInt32LE(0) === END);
}

/** The files in an archive of `size` bytes, in its order; folders and links are left out. Throws InputError for a damaged one. */
export async function membersOf(handle: FileHandle, size: number, key: string): Promise<ZipMember[]> {
  const { bytes, entries, shift } = await directoryOf(handle, size, key);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let left = entries; left > 0; left--) {
    if (at + ENTRY_BYTES > bytes.length || bytes.readUInt32LE(at) !== ENTRY) throw damaged(key, 'zip');
    const nameEnd = at + ENTRY_BYTES + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const end = extraEnd + bytes.readUInt16LE(at + 32);
    if (end > bytes.length) throw damaged(key, 'zip');
    const member = memberOf(bytes.subarray(at, nameEnd), bytes.subarray(nameEnd, extraEnd), shift);
    const type = bytes[at + 5] === MADE_BY_UNIX ? (bytes.readUInt32LE(at + 38) >>> 16) & FILE_TYPE : 0;
    at = end;
    if (member.name.endsWith('/') || type === SYMBOLIC_LINK) continue;
    if (members.has(member.name)) throw refused(key, 'zip-twice', `holds ${member.name} twice`, 'Make the archive anew.');
    members.set(member.name, member);
  }
  return [...members.values()];
}

function memberOf(entry: Buffer, extra: Buffer, shift: number): ZipMember {
  const flags = entry.readUInt16LE(8);
  const [size, compressed, offset] = wide(extra, [entry.readUInt32LE(24), entry.readUInt32LE(20), entry.readUInt32LE(42)]);
  return {
    // Names without the mark for UTF-8 are in a code page that nobody tells; most are ASCII or UTF-8 all the same.
    name: entry.toString('utf8', ENTRY_BYTES),
    method: entry.readUInt16LE(10),
    crc: entry.readUInt32LE(16),
    compressed: compressed!,
    size: size!,
    encrypted: (flags & 1) !== 0,
    offset: offset! + shift,
  };
}

/** Numbers that do not fit into 32 bits stand in the extra field 1, in their order, eight bytes each. */
function wide(extra: Buffer, numbers: readonly number[]): number[] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return numbers.map((number) => {
    if (number !== 0xffff_ffff || at + 8 > field.length) return number;
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  });
}

/** The archive's directory; `shift`: bytes that were put before the archive, which its offsets do not count. */
async function directoryOf(
  handle: FileHandle,
  size: number,
  key: string,
): Promise<{ bytes: Buffer; entries: number; shift: number }> {
  const tailStart = Math.max(0, size - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_BYTES - END_64_BYTES);
  const tail = await readAt(handle, key, tailStart, size - tailStart);
  let at = tail.length - END_BYTES;
  // The comment behind it may hold anything, also the mark.
  while (at >= 0 && (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length)) at--;
  if (at < 0) throw truncated(key, 'zip');
  let entries = tail.readUInt16LE(at + 10);
  let length = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  let end = tailStart + at;
  const locator = at - LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64) {
    // A size beyond the usual one comes with extensions nobody uses: it stands right before its locator.
    end = tailStart + locator - END_64_BYTES;
    const wideEnd = await readAt(handle, key, Math.max(0, end), END_64_BYTES);
    if (wideEnd.readUInt32LE(0) !== END_64) throw damaged(key, 'zip');
    entries = Number(wideEnd.readBigUInt64LE(32));
    length = Number(wideEnd.readBigUInt64LE(40));
    start = Number(wideEnd.readBigUInt64LE(48));
  }
  const shift = end - length - start;
  if (shift < 0) throw damaged(key, 'zip');
  if (length > MAX_DIRECTORY_BYTES) {
    throw refused(key, 'zip-too-many', 'holds too many files', 'Unpack it, or make several archives of it.');
  }
  return { bytes: await readAt(handle, key, start + shift, length), entries, shift };
}

/**
 * The content of a member; `handle` is the open archive, closed with the source. A member that is encrypted, stored in a way that is
 * not read, cut off or not what its checksum says is an InputError that names it by `key`.
 */
export async function openMember(handle: FileHandle, member: ZipMember, key: string): Promise<ByteSource> {
  const unpack = 'Unpack the archive, or leave the member out with zip_members.';
  if (member.encrypted) throw refused(key, 'zip-encrypted', 'is encrypted', unpack);
  const read = READERS[member.method];
  if (read === undefined) {
    const method = OTHER_METHODS[member.method] ?? `method ${member.method}`;
    throw refused(key, 'zip-method', `is compressed with ${method}, which is not read`, unpack);
  }
  const local = await readAt(handle, key, member.offset, LOCAL_BYTES);
  if (local.readUInt32LE(0) !== LOCAL) throw damaged(key, 'zip');
  const start = member.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  return checked(await read(rangeSource(handle, key, start, member.compressed), key), member, key);
}

/** Ends in an InputError if the bytes are not as many, or not those, that the archive's directory tells. */
function checked(source: ByteSource, member: ZipMember, key: string): ByteSource {
  let count = 0;
  let crc = 0;
  return {
    async read(target, offset, length) {
      const got = await source.read(target, offset, length);
      if (got === 0 && length > 0) {
        if (count < member.size) throw truncated(key, 'zip');
        if (crc !== member.crc) throw damaged(key, 'zip');
        return 0;
      }
      count += got;
      if (count > member.size) throw damaged(key, 'zip');
      crc = crc32(target.subarray(offset, offset + got), crc);
      return got;
    },
    close: () => source.close(),
  };
}

async function readAt(handle: FileHandle, key: string, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let have = 0; have < length;) {
    let got: number;
    try {
      got = (await handle.read(bytes, have, length - have, start + have)).bytesRead;
    } catch (error) {
      throw systemError(key, error);
    }
    if (got === 0) throw truncated(key, 'zip');
    have += got;
  }
  return bytes;
}

function refused(key: string, code: string, text: string, hint: string): InputError {
  return new InputError(`${key} ${text}`, { code, facts: { file: key }, hint });
}
