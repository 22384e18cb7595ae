import { crc32, deflateRawSync } from 'node:zlib';

export interface Member {
  readonly name: string;
  readonly content: Buffer | string;
  readonly stored?: boolean;
  /** Sizes and checksum stand behind the data, as in archives that were written to a pipe. */
  readonly streamed?: boolean;
  readonly wide?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** Data as they stand in the archive, in place of the compressed content. */
  readonly data?: Buffer;
  readonly attributes?: number;
}

/** A ZIP archive; `wide` members and archives use the 64-bit forms although they are small. */
export function zipOf(members: readonly Member[], options: { comment?: string; wide?: boolean; before?: Buffer } = {}): Buffer {
  const pieces: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  const add = (piece: Buffer): void => {
    pieces.push(piece);
    at += piece.length;
  };
  for (const member of members) {
    const content = Buffer.from(member.content);
    const data = member.data ?? (member.stored ? content : deflateRawSync(content));
    const name = Buffer.from(member.name);
    const crc = crc32(content);
    const flags = 0x800 | (member.flags ?? 0) | (member.streamed ? 8 : 0);
    const method = member.method ?? (member.stored ? 0 : 8);
    const offset = at;
    const known = member.streamed ? [0, 0, 0] : [crc, data.length, content.length];
    add(
      Buffer.concat([
        u32(0x04034b50),
        u16(45),
        u16(flags),
        u16(method),
        u32(0),
        ...known.map(u32),
        u16(name.length),
        u16(4),
        name,
      ]),
    );
    add(Buffer.concat([u16(0xcafe), u16(0)]));
    add(data);
    if (member.streamed) add(Buffer.concat([u32(0x08074b50), u32(crc), u32(data.length), u32(content.length)]));
    const extra = member.wide
      ? Buffer.concat([u16(0xcafe), u16(2), u16(7), u16(1), u16(24), u64(content.length), u64(data.length), u64(offset)])
      : Buffer.alloc(0);
    const sizes = member.wide ? [0xffff_ffff, 0xffff_ffff] : [data.length, content.length];
    const rest = [u16(name.length), u16(extra.length), u16(0), u16(0), u16(0)];
    const places = [u32(member.attributes ?? 0), u32(member.wide ? 0xffff_ffff : offset)];
    const sums = [u32(crc), ...sizes.map(u32)];
    const version = member.attributes === undefined ? 45 : 45 | (3 << 8);
    entries.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(version),
        u16(45),
        u16(flags),
        u16(method),
        u32(0),
        ...sums,
        ...rest,
        ...places,
        name,
        extra,
      ]),
    );
  }
  const start = at;
  const directory = Buffer.concat(entries);
  add(directory);
  const count = members.length;
  if (options.wide) {
    const end = at;
    const sizes = [count, count, directory.length, start].map(u64);
    add(Buffer.concat([u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), ...sizes]));
    add(Buffer.concat([u32(0x07064b50), u32(0), u64(end), u32(1)]));
  }
  const comment = Buffer.from(options.comment ?? '');
  const ends = options.wide ? [u32(0xffff_ffff), u32(0xffff_ffff)] : [u32(directory.length), u32(start)];
  const counts = options.wide ? [u16(0xffff), u16(0xffff)] : [u16(count), u16(count)];
  add(Buffer.concat([u32(0x06054b50), u16(0), u16(0), ...counts, ...ends, u16(comment.length), comment]));
  return Buffer.concat([options.before ?? Buffer.alloc(0), ...pieces]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
