import { recordHead, recordTail } from './messages.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import { unlessAborted } from './waiting.ts';

/** Where the records of one stream go: into RECORD lines, or into files that BATCH messages name. */
export interface RecordSink {
  /** What stands before a record's `{`. Constant. */
  readonly head: string;
  /** What stands after a record's `}` that is read now, the newline included. */
  tail(): string;
  /**
   * Takes whole lines. May keep the buffer no longer than until the promise is settled. An aborted signal ends the waiting, never the
   * writing: whoever calls stops once the bookmark of these records is noted, otherwise the next run would send them again.
   */
  write(lines: Buffer, records: number): Promise<void>;
  /** Records that the reader of the messages can see: what a STATE may cover. */
  readonly handedOn: number;
  /** Hands on what has gathered. */
  flush(): Promise<void>;
  /** Drops what has gathered and was not handed on. Call it once at the end, whatever happened. */
  close(): Promise<void>;
}

export interface SinkOptions {
  readonly stream: string;
  /** Goes into every record; undefined = none. */
  readonly version: number | undefined;
  readonly output: Output;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

/** Sends records as RECORD lines. */
export function lineSink({ stream, version, output, meter, signal }: SinkOptions): RecordSink {
  let handedOn = 0;
  return {
    head: recordHead(stream),
    tail: () => recordTail(new Date(), version),
    async write(lines, records) {
      const wait = output.write(lines);
      handedOn += records;
      meter.records(stream, records, lines.length);
      if (wait !== undefined) await unlessAborted(wait, signal);
    },
    get handedOn() {
      return handedOn;
    },
    async flush() {},
    async close() {},
  };
}
