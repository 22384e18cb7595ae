import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { FoundFile } from './files.ts';
import { stampOf } from './files.ts';
import { systemError } from './refusal.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, fileSource } from './source.ts';

/** What became of a file between its opening and now. */
export type Fate = 'same' | 'grown' | 'shrunk' | 'rewritten' | 'replaced' | 'gone';

/** An opened file as it stands on the disk, or a stream. */
export interface RawFile {
  readonly source: ByteSource;
  /** Undefined for a stream, which has no places to read from. */
  readonly handle: FileHandle | undefined;
  /** When it was opened. */
  readonly size: number;
  readonly mtime: string;
  /** Looks at the file again; costs two system calls. */
  readonly fate: () => Promise<Fate>;
}

/** Opens a file of the list, or standard input. Throws SystemError when the system refuses it. */
export async function openRaw(file: FoundFile, signal: AbortSignal): Promise<RawFile> {
  const { path } = file;
  if (path === undefined) {
    const mtime = stampOf(BigInt(Date.now()) * 1_000_000n);
    return { source: streamSource(process.stdin, signal), handle: undefined, size: 0, mtime, fate: unchanging };
  }
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw systemError(file.key, error);
  }
  const facts = await handle.stat({ bigint: true });
  const size = Number(facts.size);
  const mtime = stampOf(facts.mtimeNs);
  // A named pipe or a terminal: reading must end when the run is stopped.
  if (!facts.isFile()) {
    return { source: streamSource(handle.createReadStream(), signal), handle: undefined, size, mtime, fate: unchanging };
  }
  const fate = async (): Promise<Fate> => {
    const now = await handle.stat({ bigint: true });
    if (now.size < facts.size) return 'shrunk';
    if (now.size > facts.size) return 'grown';
    if (now.mtimeNs !== facts.mtimeNs) return 'rewritten';
    const there = await stat(path, { bigint: true }).catch(() => undefined);
    if (there === undefined) return 'gone';
    return there.ino === facts.ino && there.dev === facts.dev ? 'same' : 'replaced';
  };
  return { source: fileSource(handle, file.key), handle, size, mtime, fate };
}

async function unchanging(): Promise<Fate> {
  return 'same';
}

function streamSource(stream: Readable, signal: AbortSignal): ByteSource {
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (error) {
      // Destroyed by the signal: the run ends for that reason.
      signal.throwIfAborted();
      throw error;
    }
    signal.throwIfAborted();
  }
  return chunkSource(chunks(), async () => {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  });
}
