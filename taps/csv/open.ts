import { InputError, SystemError } from '../../singer/tap/index.ts';
import { codecOf, decompressed, MAGIC_BYTES } from './codecs.ts';
import type { EncodingVerdict } from './detect-encoding.ts';
import { detectEncoding, SAMPLE_BYTES } from './detect-encoding.ts';
import { DETECT } from './dialect.ts';
import type { BadBytes } from './encodings.ts';
import { BAD_BYTE, encodingName, encodingOfMark, REPLACEMENT_BYTES, transcoderFor } from './encodings.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import type { Fate, RawFile } from './raw.ts';
import { openRaw } from './raw.ts';
import type { ByteSource } from './source.ts';
import { prefixed, readHead } from './source.ts';
import { transcoded } from './transcode.ts';
import { isZip, openMember } from './zip.ts';

/** An opened file: decompressed, UTF-8 (a byte order mark still in front). */
export interface OpenFile {
  readonly source: ByteSource;
  /** Size and time when it was opened: what is appended later shows as a change in the next run. */
  readonly size: number;
  readonly mtime: string;
  /** True if the bytes read are the bytes of the file, so that its size bounds the offsets. */
  readonly plain: boolean;
  /** Set if the encoding was to be detected. */
  readonly verdict: EncodingVerdict | undefined;
  /** Places so far where U+FFFD was put for bytes that are no text. */
  readonly badBytes: () => number;
  /** What has become of it since; costs two system calls. */
  readonly fate: () => Promise<Fate>;
}

/** What stands for bytes that are no text; a bad byte in place of them makes the row malformed, whatever the encoding. */
const BAD_BYTES: Readonly<Record<Entry['encoding_errors'], () => BadBytes | undefined>> = {
  fail: () => undefined,
  replace: () => ({ put: REPLACEMENT_BYTES, count: 0 }),
  skip_row: () => ({ put: BAD_BYTE, count: 0 }),
};

/** Opens a file of the list for reading from its beginning. Throws SystemError when the system refuses it. */
export async function openFile(
  file: FoundFile,
  { encoding, encoding_errors }: Pick<Entry, 'encoding' | 'encoding_errors'>,
  signal: AbortSignal,
): Promise<OpenFile> {
  const raw = await openRaw(file, signal);
  let source = raw.source;
  try {
    source = await contentOf(file, raw);
    let plain = raw.handle !== undefined && file.member === undefined;
    const head = await readHead(source, MAGIC_BYTES);
    source = prefixed(head, source);
    if (file.member === undefined && isZip(head)) throw pipedZip(file.key);
    const codec = codecOf(head);
    let start = head;
    if (codec !== undefined) {
      plain = false;
      source = await decompressed(codec, source, file.key);
      start = await readHead(source, 4);
      source = prefixed(start, source);
    }
    let verdict: EncodingVerdict | undefined;
    if (encoding === DETECT) {
      const sample = await readHead(source, SAMPLE_BYTES);
      source = prefixed(sample, source);
      verdict = await detectEncoding(sample, sample.length < SAMPLE_BYTES, file.key);
    }
    const name = verdict?.encoding ?? encoding;
    const unicode = encodingName(name).startsWith('utf');
    const bad = BAD_BYTES[encoding_errors]();
    const transcoder = await transcoderFor((unicode ? encodingOfMark(start) : undefined) ?? name, bad);
    if (transcoder !== undefined) {
      plain = false;
      source = transcoded(source, transcoder, file.key);
    }
    const { size, mtime } = file.member === undefined ? raw : { size: file.size, mtime: raw.mtime };
    const badBytes = (): number => (encoding_errors === 'replace' ? (bad?.count ?? 0) : 0);
    return { source, size, mtime, plain, verdict, badBytes, fate: raw.fate };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The bytes of the file, or of the archive's member that it is. */
async function contentOf(file: FoundFile, raw: RawFile): Promise<ByteSource> {
  const { member } = file;
  if (member === undefined) return raw.source;
  if (raw.handle === undefined || raw.size !== member.archiveSize || raw.mtime !== file.mtime) {
    throw new SystemError(`${file.key}: the archive was changed after it was listed`, {
      code: 'file-changed',
      facts: { file: file.key },
      hint: 'Run again when nobody writes to it.',
    });
  }
  return openMember(raw.handle, member, file.key);
}

function pipedZip(key: string): InputError {
  return new InputError(`${key}: a ZIP archive cannot be read from a pipe`, {
    code: 'zip-piped',
    facts: { file: key },
    hint: 'Give the path of the archive: its list of files stands at its end.',
  });
}
