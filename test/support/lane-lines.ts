import { RecordError } from '../../singer/errors.ts';
import { parseExact } from '../../singer/json-text.ts';
import { ExactNumber, isJsonObject, type Json } from '../../singer/json.ts';
import type { Encoder, StreamHeader } from '../../singer/target/destination.ts';
import { BlockPool, ByteBlocks } from '../../singer/target/blocks.ts';
import { LineMeta } from '../../singer/target/line-meta.ts';
import type { Validate } from '../../singer/target/validate.ts';

/** A stream to be encoded; `validate` undefined: its records are not validated. */
export interface Encoded {
  readonly header: StreamHeader;
  readonly validate: Validate | undefined;
}

export interface Lines {
  readonly text: string;
  readonly rows: number;
  /** Rows of the fast lane. */
  readonly fast: number;
}

/** Encodes lines as the core does; `fast` false: by the general lane alone. Lines that the core would refuse are left out. */
export function encodeLines(given: Encoded, encoder: Encoder, lines: readonly string[], fast: boolean): Lines {
  const out = new ByteBlocks(new BlockPool());
  const chunk = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  let taken = 0;
  for (let at = 0; at < chunk.length;) {
    if (fast) {
      const before = out.rows;
      const next = encoder.encodeLines?.(chunk, at, chunk.length, out) ?? at;
      taken += out.rows - before;
      if (next > at) {
        at = next;
        continue;
      }
    }
    const stop = chunk.indexOf(0x0a, at) + 1;
    general(given, encoder, chunk.subarray(at, stop), out);
    at = stop;
  }
  const { blocks, rows } = out.takeAll();
  return { text: Buffer.concat(blocks).toString(), rows, fast: taken };
}

function general({ header, validate }: Encoded, encoder: Encoder, line: Buffer, out: ByteBlocks): void {
  let message: Json;
  try {
    message = parseExact(line.toString());
  } catch {
    return;
  }
  if (!isJsonObject(message) || message['type'] !== 'RECORD' || message['stream'] !== header.stream) return;
  const record = message['record'];
  if (!isJsonObject(record) || header.keys.some((key) => !Object.hasOwn(record, key))) return;
  if (validate?.(forCheck(record)) !== undefined) return;
  try {
    encoder.encode({ ...record }, new LineMeta(message, line), out);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
  }
}

function forCheck(value: Json): unknown {
  if (value instanceof ExactNumber) return Number.isFinite(Number(value.text)) ? Number(value.text) : Number.MAX_VALUE;
  if (Array.isArray(value)) return value.map((item: Json) => forCheck(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, forCheck(member!)]));
}
