import { Readable, type Transform } from 'node:stream';
import { InputError } from '../../singer/tap/index.ts';
import { damaged, truncated } from './bad-data.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, chunksOf, READ_BYTES } from './source.ts';

/** A way in which files are compressed. */
export interface Codec {
  readonly name: string;
  /** The bytes a file begins with. */
  readonly magic: Buffer;
  /** Decompresses; undefined for one that is only known by name. */
  readonly open: ((source: ByteSource, key: string) => Promise<ByteSource>) | undefined;
}

/** Told by the first bytes, not by the name. ZIP is no codec but a container of files: see zip.ts. */
const CODECS: readonly Codec[] = [
  { name: 'gzip', magic: Buffer.from('1f8b08', 'hex'), open: gunzip },
  { name: 'zstd', magic: Buffer.from('28b52ffd', 'hex'), open: unzstd },
  // What `pzstd` puts first.
  { name: 'zstd', magic: Buffer.from('502a4d18', 'hex'), open: unzstd },
  { name: 'bzip2', magic: Buffer.from('BZh'), open: bunzip2 },
  { name: 'xz', magic: Buffer.from('fd377a585a00', 'hex'), open: undefined },
  { name: 'lz4', magic: Buffer.from('04224d18', 'hex'), open: undefined },
  { name: '7z', magic: Buffer.from('377abcaf271c', 'hex'), open: undefined },
  { name: 'compress', magic: Buffer.from('1f9d', 'hex'), open: undefined },
];

/** Decompresses zstd, which is rare: loaded on first use. */
export async function unzstd(source: ByteSource, key: string): Promise<ByteSource> {
  return (await import('./zstd.ts')).unzstd(source, key);
}

/** Decompresses bzip2, which is rare: loaded on first use. */
export async function bunzip2(source: ByteSource, key: string): Promise<ByteSource> {
  return (await import('./bzip2.ts')).bunzip2(source, key);
}

/** What follows the level in bzip2 files: a block, or the end of an empty file. */
const BZIP2_BLOCKS = ['314159265359', '177245385090'];

/** Bytes of a file's beginning that tell its codec. */
export const MAGIC_BYTES = 10;

/** The codec of a file that begins with these bytes; undefined if it is not compressed. */
export function codecOf(head: Buffer): Codec | undefined {
  const codec = CODECS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  // Text may begin with BZh; a bzip2 file goes on with its level and a block.
  if (codec?.name === 'bzip2' && !BZIP2_BLOCKS.includes(head.toString('hex', 4, 10))) return undefined;
  return codec;
}

/** Decompresses a source. Throws InputError, which names the file, for a codec that is not read. */
export async function decompressed(codec: Codec, source: ByteSource, key: string): Promise<ByteSource> {
  if (codec.open !== undefined) return codec.open(source, key);
  throw new InputError(`${key} is compressed with ${codec.name}, which is not read`, {
    code: 'compression-unknown',
    facts: { file: key, compression: codec.name },
    hint: 'Decompress the file, or compress it with gzip, zstd or bzip2; or leave it out with exclude.',
  });
}

/** Decompresses gzip, also of several members; a file that ends too early is an InputError. */
async function gunzip(source: ByteSource, key: string): Promise<ByteSource> {
  const { createGunzip } = await import('node:zlib');
  return transformed(source, createGunzip({ chunkSize: READ_BYTES }), key, 'gzip');
}

/** Decompresses bare deflate data, as they stand in ZIP archives. */
export async function inflate(source: ByteSource, key: string): Promise<ByteSource> {
  const { createInflateRaw } = await import('node:zlib');
  return transformed(source, createInflateRaw({ chunkSize: READ_BYTES }), key, 'zip');
}

function transformed(source: ByteSource, output: Transform, key: string, name: string): ByteSource {
  const input = Readable.from(chunksOf(source, READ_BYTES), { objectMode: false });
  input.on('error', (error) => output.destroy(error));
  input.pipe(output);
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of output) yield chunk as Buffer;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'Z_BUF_ERROR') throw truncated(key, name, error);
      throw code === 'Z_DATA_ERROR' ? damaged(key, name, error) : error;
    }
  }
  return chunkSource(chunks(), async () => {
    input.destroy();
    output.destroy();
    await source.close();
  });
}
