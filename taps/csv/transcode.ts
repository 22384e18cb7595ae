import { InputError } from '../../singer/tap/index.ts';
import type { Transcoder } from './encodings.ts';
import { BadText } from './encodings.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, chunksOf, READ_BYTES } from './source.ts';

const LF = 0x0a;

/** The source as UTF-8. Bytes that mean nothing in the file's encoding end in an InputError that names line and byte. */
export function transcoded(source: ByteSource, transcoder: Transcoder, key: string): ByteSource {
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
