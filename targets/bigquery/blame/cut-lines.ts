import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Piece } from '../parts/part-file.ts';
import { loadLines } from './load-lines.ts';

const GZIP_LEVEL = 1;
/** Lines are written in such pieces. */
const PIECE_BYTES = 256 * 1024;

/** A file of rows. */
export interface LinesFile {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  /** Undefined: it is one. */
  readonly pieces?: readonly Piece[];
}

/** A load file and the lines that were taken out of it. */
export interface CutFile {
  readonly rest: LinesFile;
  /** By where each began. */
  readonly lines: ReadonlyMap<number, Buffer>;
}

/** Takes the lines that begin at these places out of a load file; the others keep their order and their bytes. */
export async function cutLines(
  { path, rows }: LinesFile,
  compression: 'gzip' | 'none',
  positions: ReadonlySet<number>,
): Promise<CutFile> {
  const lines = new Map<number, Buffer>();
  const rest = `${path}.rest`;
  const bytes = await writeLines(rest, keptOf(path, compression, positions, lines), compression);
  await rename(rest, path);
  return { rest: { path, bytes, rows: rows - lines.size }, lines };
}

/** Writes lines to a file that is made; gives its size. */
export async function writeLines(
  path: string,
  lines: Iterable<Buffer> | AsyncIterable<Buffer>,
  compression: 'gzip' | 'none',
): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 });
  const from = Readable.from(lines, { objectMode: false });
  await (compression === 'gzip' ? pipeline(from, createGzip({ level: GZIP_LEVEL }), file) : pipeline(from, file));
  return file.bytesWritten;
}

async function* keptOf(
  path: string,
  compression: 'gzip' | 'none',
  positions: ReadonlySet<number>,
  lines: Map<number, Buffer>,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const line of loadLines(path, compression)) {
    if (positions.has(line.position)) {
      lines.set(line.position, line.bytes);
      continue;
    }
    pieces.push(line.bytes);
    bytes += line.bytes.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}
