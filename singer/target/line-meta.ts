import { memberRange } from '../json-bytes.ts';
import { stringifyExact } from '../json-text.ts';
import { ExactNumber, type JsonObject } from '../json.ts';
import type { Change, RecordMeta } from '../plugin.ts';

/** The parts of a message around its record; the record's place is looked up only when asked for. */
export class LineMeta implements RecordMeta {
  readonly timeExtracted: string | undefined;
  readonly version: number | undefined;
  readonly changes: readonly Change[] = [];
  line: Buffer;
  readonly #message: JsonObject;
  #range: readonly [number, number] | undefined;

  constructor(message: JsonObject, line: Buffer) {
    this.#message = message;
    this.line = line;
    const time = message['time_extracted'];
    const version = message['version'];
    this.timeExtracted = typeof time === 'string' ? time : undefined;
    this.version = typeof version === 'number' ? version : version instanceof ExactNumber ? Number(version.text) : undefined;
  }

  get recordStart(): number {
    return this.#place()[0];
  }

  get recordEnd(): number {
    return this.#place()[1];
  }

  #place(): readonly [number, number] {
    this.#range ??= memberRange(this.line, 0, this.line.length, 'record');
    if (this.#range === undefined) {
      // The name is spelled with escapes: write the line the usual way.
      this.line = Buffer.from(stringifyExact(this.#message));
      this.#range = memberRange(this.line, 0, this.line.length, 'record')!;
    }
    return this.#range;
  }
}
