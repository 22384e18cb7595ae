import { memberRange } from '../json-bytes.ts';
import { stringifyExact } from '../json-text.ts';
import type { JsonObject, Row } from '../json.ts';
import { versionOf } from './message.ts';
import type { Change, RecordMeta } from './destination.ts';

/** What the core has made of a record that is not as it came. */
export interface Reshaped {
  readonly record: Row;
  readonly changes: readonly Change[];
}

/** The parts of a message around its record; the record's place is looked up only when asked for. */
export class LineMeta implements RecordMeta {
  readonly timeExtracted: string | undefined;
  readonly version: number | undefined;
  readonly changes: readonly Change[];
  readonly #message: JsonObject;
  #line: Buffer | undefined;
  #range: readonly [number, number] | undefined;

  /** `reshaped`: the record to stand in the line instead of the message's own. */
  constructor(message: JsonObject, line: Buffer, reshaped?: Reshaped) {
    this.#message = reshaped === undefined ? message : { ...message, record: reshaped.record };
    this.#line = reshaped === undefined ? line : undefined;
    this.changes = reshaped?.changes ?? NO_CHANGES;
    const time = message['time_extracted'];
    this.timeExtracted = typeof time === 'string' ? time : undefined;
    this.version = versionOf(message['version']);
  }

  get line(): Buffer {
    this.#place();
    return this.#line!;
  }

  get recordStart(): number {
    return this.#place()[0];
  }

  get recordEnd(): number {
    return this.#place()[1];
  }

  #place(): readonly [number, number] {
    if (this.#range === undefined && this.#line !== undefined && isDoubtful(this.#line)) this.#line = undefined;
    const line = this.#line;
    if (line !== undefined) this.#range ??= memberRange(line, 0, line.length, 'record');
    if (this.#range === undefined) {
      // Reshaped, its name spelled with escapes, or no JSON: write the line the usual way.
      this.#line = Buffer.from(stringifyExact(this.#message));
      this.#range = memberRange(this.#line, 0, this.#line.length, 'record')!;
    }
    return this.#range;
  }
}

/** True if the line may hold what JSON does not have and `parseLenient` takes; inside a string it only costs time. */
function isDoubtful(line: Buffer): boolean {
  return line.includes('NaN') || line.includes('Infinity');
}

const NO_CHANGES: readonly Change[] = [];
