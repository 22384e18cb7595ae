import { afterEach } from 'vitest';
import {
  BlockPool,
  ByteBlocks,
  type Encoder,
  type Log,
  type Part,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../../../singer/index.ts';

/** A log whose warnings the test reads; emptied after each test. */
export function recordingLog(): { readonly log: Log; readonly warnings: () => readonly string[] } {
  const warned: string[] = [];
  afterEach(() => void warned.splice(0));
  const ignore = (): void => undefined;
  const warn = (message: string): void => void warned.push(message);
  return {
    log: { debug: ignore, info: ignore, warn, error: warn, warnOnce: (_, message) => warn(message), conceal: ignore },
    warnings: () => warned,
  };
}

export function targetRun(log: Log): TargetRun {
  const startedAt = new Date();
  return {
    name: 'target-jsonl',
    version: '0',
    log,
    signal: new AbortController().signal,
    startedAt,
    clock: { receivedAt: startedAt, batchedAt: startedAt },
  };
}

export function header(stream: string): StreamHeader {
  return { stream, schema: { type: 'object', properties: {} }, columns: [], keys: [] };
}

/** The part that the encoder makes of these records, each given as its JSON text. */
export function part(stream: StreamHeader, encoder: Encoder, records: readonly string[]): Part {
  const out = new ByteBlocks(new BlockPool());
  for (const record of records) {
    const head = `{"type": "RECORD", "stream": ${JSON.stringify(stream.stream)}, "record": `;
    const line = Buffer.from(`${head}${record}}\r\n`);
    const recordStart = Buffer.byteLength(head);
    const meta = {
      timeExtracted: undefined,
      version: undefined,
      line,
      recordStart,
      recordEnd: recordStart + Buffer.byteLength(record),
    };
    encoder.encode(JSON.parse(record), meta, out);
  }
  return { header: stream, encoder, ...out.takeAll() };
}

export function unit(...parts: readonly Part[]): Unit {
  return { parts, state: undefined, last: false };
}
