import { createReadStream, createWriteStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Problem } from '../../singer/index.ts';

export type CompressionName = 'none' | 'gzip' | 'brotli' | 'zstd';

/** How the bytes of a file are compressed. */
export interface Compression {
  readonly name: CompressionName;
  readonly level: number;
}

/** The part of zlib that only newer Node has. */
interface Zlib extends Pick<typeof zlib, 'gzip'> {
  readonly zstdCompress?: (data: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) => void;
  readonly createZstdDecompress?: () => Duplex;
}

/** `ZSTD_c_compressionLevel` of zstd.h. */
const ZSTD_LEVEL = 100;

/** On a busy machine the processor is the limit, not the disk: fast compression, a little larger. */
const KINDS = {
  none: { ending: '', level: 0, highest: 0 },
  gzip: { ending: '.gz', level: 3, highest: 9 },
  brotli: { ending: '.br', level: 4, highest: 11 },
  zstd: { ending: '.zst', level: 3, highest: 22 },
} as const;

/** Endings that our files can have, for those who look for them. */
export const ENDING = String.raw`jsonl(?:\.gz|\.br|\.zst)?`;

/** Checks the two settings; zstd needs a Node that has it. */
export function compressionOf(name: CompressionName, level: number | undefined, problems: Problem[]): Compression {
  const kind = KINDS[name];
  if (name === 'zstd' && (zlib as Zlib).zstdCompress === undefined) {
    const message = `zstd needs Node 22.15 or later, this is ${process.version}; use gzip or brotli`;
    problems.push({ path: 'compression', message });
  }
  if (level !== undefined && (level < Math.min(1, kind.highest) || level > kind.highest)) {
    const message = name === 'none' ? 'is of no use without compression' : `must be from 1 to ${kind.highest} with ${name}`;
    problems.push({ path: 'compression_level', message });
  }
  return { name, level: level ?? kind.level };
}

/** The ending of a file: `jsonl`, `jsonl.gz`. */
export function endingOf({ name }: Compression): string {
  return `jsonl${KINDS[name].ending}`;
}

/** True if compressed batches can be put one behind the other; a brotli file has one stream, so it is compressed when it is full. */
export function isJoinable({ name }: Compression): boolean {
  return name !== 'brotli';
}

/** A batch as it goes into the file: with gzip a member of its own, with zstd a frame, which readers join. */
export async function compressed({ name, level }: Compression, blocks: readonly Buffer[]): Promise<readonly Buffer[]> {
  if (name === 'gzip') return [await promisify(zlib.gzip)(Buffer.concat(blocks), { level })];
  if (name === 'zstd') {
    const { zstdCompress } = zlib as Zlib;
    return [await promisify(zstdCompress!)(Buffer.concat(blocks), { params: { [ZSTD_LEVEL]: level } })];
  }
  return blocks;
}

/** Compresses a whole file to another, for kinds that are not joinable. */
export async function compressFile(from: string, to: string, level: number): Promise<void> {
  const brotli = zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level } });
  await pipeline(createReadStream(from), brotli, createWriteStream(to));
}

/** The plain bytes of a file, compressed or not as its name says. */
export async function* plainBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const { createZstdDecompress } = zlib as Zlib;
  const unpack = path.endsWith('.gz') ? zlib.createGunzip() : path.endsWith('.zst') ? createZstdDecompress?.() : undefined;
  if (unpack === undefined) yield* file as AsyncIterable<Buffer>;
  else {
    file.on('error', (error) => unpack.destroy(error));
    yield* file.pipe(unpack) as AsyncIterable<Buffer>;
  }
}
