import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const NEWLINE = 0x0a;

/** A line of a load file. */
export interface LoadLine {
  /** Where it begins, in bytes, before compression. */
  readonly position: number;
  /** With its newline. */
  readonly bytes: Buffer;
}

/** The lines of a load file in order, one at a time. */
export async function* loadLines(path: string, compression: 'gzip' | 'none'): AsyncGenerator<LoadLine> {
  let position = 0;
  let pieces: Buffer[] = [];
  for await (const chunk of contentOf(path, compression)) {
    const bytes = chunk as Buffer;
    let at = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
      const end = bytes.subarray(at, newline + 1);
      const line = pieces.length === 0 ? end : Buffer.concat([...pieces, end]);
      yield { position, bytes: line };
      position += line.length;
      pieces = [];
      at = newline + 1;
    }
    if (at < bytes.length) pieces.push(bytes.subarray(at));
  }
}

function contentOf(path: string, compression: 'gzip' | 'none'): Readable {
  const file = createReadStream(path);
  if (compression === 'none') return file;
  const gunzip = createGunzip();
  // Its failure is that of what is read.
  pipeline(file, gunzip).catch((error: unknown) => gunzip.destroy(error as Error));
  return gunzip;
}
