import { randomBytes } from 'node:crypto';
import type { BatchSettings } from './batch-settings.ts';
import { BatchFile } from './batch-file.ts';
import { batchLine } from './messages.ts';
import type { RecordSink, SinkOptions } from './record-sink.ts';
import { unlessAborted } from './waiting.ts';

const NEWLINE = 0x0a;

/**
 * Writes bare records into files and names each in a BATCH message of the SDK's dialect as soon as it is closed: the target reads
 * one file while the next is written. A file holds no more records than the settings say.
 * Throws SystemError `batch-file` if a file cannot be written.
 */
export function batchSink(options: SinkOptions, settings: BatchSettings): RecordSink {
  const { stream, version, output, meter, signal } = options;
  // Streams of one run and runs of one folder never meet: the names hold the stream and a random part.
  const run = randomBytes(6).toString('hex');
  let files = 0;
  let file: BatchFile | undefined;
  let records = 0;
  let handedOn = 0;

  async function add(lines: Buffer, count: number): Promise<void> {
    if (file === undefined) {
      const name = `${settings.prefix}${fileName(stream)}-${run}-${String(++files).padStart(5, '0')}.jsonl`;
      file = await BatchFile.create(settings, name);
    }
    await file.write(lines);
    records += count;
    meter.records(stream, count, lines.length);
    if (records >= settings.records) await flush();
  }

  async function flush(): Promise<void> {
    if (file === undefined) return;
    const { url } = file;
    await file.finish();
    file = undefined;
    handedOn += records;
    records = 0;
    const wait = output.write(batchLine({ stream, compression: settings.compression, url, version, extractedAt: new Date() }));
    if (wait !== undefined) await unlessAborted(wait, signal);
  }

  return {
    head: '',
    tail: () => '\n',
    get handedOn() {
      return handedOn;
    },
    async write(lines, count) {
      // Cutting is dear: what does not fit begins the next file, unless it alone is too large for one.
      if (records > 0 && records + count > settings.records) await flush();
      let rest = lines;
      let left = count;
      while (left > settings.records) {
        const end = endOfLine(rest, settings.records);
        await add(rest.subarray(0, end), settings.records);
        rest = rest.subarray(end);
        left -= settings.records;
      }
      if (left > 0) await add(rest, left);
    },
    flush,
    async close() {
      await file?.remove();
      file = undefined;
    },
  };
}

/** A stream's name as part of a file name. */
function fileName(stream: string): string {
  return encodeURIComponent(stream).replaceAll('%', '_').slice(0, 100);
}

/** The offset after the line with this number, counted from 1. */
function endOfLine(lines: Buffer, number: number): number {
  let end = 0;
  for (let line = 0; line < number; line++) end = lines.indexOf(NEWLINE, end) + 1;
  return end;
}
