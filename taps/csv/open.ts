import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { InputError } from '../../singer/index.ts';
import { BadText, encodingName, encodingOfMark, transcoderFor } from './encodings.ts';
import type { Transcoder } from './encodings.ts';
import type { FoundFile } from './files.ts';
import { stampOf } from './files.ts';
import { systemError } from './refusal.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, chunksOf, fileSource, prefixed, readHead } from './source.ts';

/** An opened file: decompressed, UTF-8 (a byte order mark still in front). */
export interface OpenFile {
  readonly source: ByteSource;
  /** Size and time when it was opened: what is appended later shows as a change in the next run. */
  readonly size: number;
  readonly mtime: string;
  /** True if the bytes read are the bytes of the file, so that its size bounds the offsets. */
  readonly plain: boolean;
}

const READ_BYTES = 64 * 1024;
const LF = 0x0a;

/** Opens a file of the list for reading from its beginning. Throws SystemError when the system refuses it. */
export async function openFile(file: FoundFile, encoding: string, signal: AbortSignal): Promise<OpenFile> {
  const base = await openRaw(file, signal);
  try {
    const head = await readHead(base.source, 4);
    let source = prefixed(head, base.source);
    let plain = true;
    if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) {
      plain = false;
      source = await gunzip(source, file.key);
    }
    const start = plain ? head : await readHead(source, 4);
    if (!plain) source = prefixed(start, source);
    const unicode = encodingName(encoding).startsWith('utf');
    const transcoder = await transcoderFor((unicode ? encodingOfMark(start) : undefined) ?? encoding);
    if (transcoder !== undefined) {
      plain = false;
      source = transcoded(source, transcoder, file.key);
    }
    return { source, size: base.size, mtime: base.mtime, plain: plain && base.regular };
  } catch (error) {
    await base.source.close();
    throw error;
  }
}

async function openRaw(
  file: FoundFile,
  signal: AbortSignal,
): Promise<{ source: ByteSource; size: number; mtime: string; regular: boolean }> {
  if (file.path === undefined) {
    return {
      source: streamSource(process.stdin, signal),
      size: 0,
      mtime: stampOf(BigInt(Date.now()) * 1_000_000n),
      regular: false,
    };
  }
  let handle: FileHandle;
  try {
    handle = await open(file.path, 'r');
  } catch (error) {
    throw systemError(file.key, error);
  }
  const stat = await handle.stat({ bigint: true });
  const regular = stat.isFile();
  const facts = { size: Number(stat.size), mtime: stampOf(stat.mtimeNs), regular };
  if (regular) return { source: fileSource(handle, file.key), ...facts };
  // A named pipe or a terminal: reading must end when the run is stopped.
  return { source: streamSource(handle.createReadStream(), signal), ...facts };
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

/** Decompresses gzip, also of several members; a file that ends too early is an InputError. */
async function gunzip(source: ByteSource, key: string): Promise<ByteSource> {
  const { createGunzip } = await import('node:zlib');
  const input = Readable.from(chunksOf(source, READ_BYTES), { objectMode: false });
  const output = createGunzip({ chunkSize: READ_BYTES });
  input.on('error', (error) => output.destroy(error));
  input.pipe(output);
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of output) yield chunk as Buffer;
    } catch (error) {
      throw gzipError(key, error);
    }
  }
  return chunkSource(chunks(), async () => {
    input.destroy();
    output.destroy();
    await source.close();
  });
}

function gzipError(key: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'Z_BUF_ERROR' && code !== 'Z_DATA_ERROR') return error;
  const cut = code === 'Z_BUF_ERROR';
  return new InputError(`${key}: ${cut ? 'the gzip data end too early' : 'the gzip data are damaged'}`, {
    code: cut ? 'gzip-truncated' : 'gzip-damaged',
    facts: { file: key },
    hint: 'Deliver the file again in full.',
    cause: error,
  });
}

/** The source as UTF-8. Bytes that mean nothing in the file's encoding end in an InputError that names line and byte. */
function transcoded(source: ByteSource, transcoder: Transcoder, key: string): ByteSource {
  let line = 1;
  const decode = (bytes: () => Buffer): Buffer => {
    try {
      const text = bytes();
      line += lineFeeds(text);
      return text;
    } catch (error) {
      if (!(error instanceof BadText)) throw error;
      const at = { line: line + lineFeeds(error.good), byte: error.offset };
      throw new InputError(`${key}, line ${at.line}, byte ${at.byte}: bytes that are no text in the encoding of the file`, {
        code: 'csv-bad-byte',
        facts: { file: key, ...at },
        hint: 'Set encoding to what the file is written in.',
        cause: error,
      });
    }
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(source, READ_BYTES)) yield decode(() => transcoder.write(chunk));
    yield decode(() => transcoder.end());
  }
  return chunkSource(chunks(), () => source.close());
}

function lineFeeds(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(LF); at >= 0; at = text.indexOf(LF, at + 1)) count++;
  return count;
}
