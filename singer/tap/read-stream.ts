import type { JsonObject, Row } from '../json.ts';
import { parseExact } from '../json-text.ts';
import type { Run } from '../plugin.ts';
import type { Batch } from './source.ts';
import type { RecordSink } from './record-sink.ts';
import { rowEncoder } from './rows.ts';
import type { StreamPlan } from './sync-plan.ts';
import { unlessAborted, within } from './waiting.ts';

/** Rows are joined until they make a write worth its while; see `createOutput` for the size. */
const WRITE_CHARACTERS = 64 * 1024;
/** Time that an interrupted stream gets to close what it has open. */
const CLOSE_MILLISECONDS = 1000;
const NEWLINE = 0x0a;

export interface Reading {
  readonly plan: StreamPlan;
  readonly run: Run;
  readonly sink: RecordSink;
  /** What the stream gives. */
  readonly batches: AsyncIterator<Batch>;
  /** Read no more records than this. */
  readonly limit: number | undefined;
  /** Called after a batch was written, with the number of its records and its bookmark. */
  readonly written: (records: number, bookmark: JsonObject | undefined) => Promise<void>;
}

/**
 * Reads one stream to its end and writes its records. Stops with `run.signal.reason` when the signal is aborted, rethrows
 * what the stream throws. Gives the number of records.
 */
export async function readStream(o: Reading): Promise<number> {
  const { plan, run, batches } = o;
  const { signal } = run;
  const writer = recordWriter(o);
  let records = 0;
  let ended = false;
  try {
    while (o.limit === undefined || records < o.limit) {
      const next = await unlessAborted(batches.next(), signal);
      signal.throwIfAborted();
      if (next === undefined || next.done === true) {
        ended = true;
        break;
      }
      const count = await writer(next.value, o.limit === undefined ? Infinity : o.limit - records);
      records += count;
      await o.written(count, next.value.bookmark);
      signal.throwIfAborted();
    }
  } finally {
    if (!ended) await closeStream(batches, run, plan.stream.id);
  }
  return records;
}

/** Gives a function that writes a batch, at most `limit` records of it, and gives their number. */
function recordWriter(o: Reading): (batch: Batch, limit: number) => Promise<number> {
  const { plan, run, sink } = o;
  const encode = rowEncoder({
    stream: plan.name,
    columns: plan.columns,
    keys: plan.keys,
    deselected: plan.deselected,
    log: run.log,
  });
  return async (batch, limit) => {
    let count = 0;
    let { rows } = batch;
    if (batch.lines !== undefined && batch.lines.records > 0) {
      const lines = batch.lines.records <= limit ? batch.lines : firstLines(batch.lines.bytes, limit);
      if (plan.whole) {
        await sink.write(lines.bytes, lines.records);
        count = lines.records;
      } else rows = [...rowsOfLines(lines.bytes, sink.head === ''), ...(rows ?? [])];
    }
    if (rows === undefined) return count;
    const { head } = sink;
    const tail = sink.tail();
    let text = '';
    let pending = 0;
    for (const row of rows) {
      if (count === limit) break;
      text += head + encode(row) + tail;
      count++;
      pending++;
      if (text.length < WRITE_CHARACTERS) continue;
      await sink.write(Buffer.from(text), pending);
      text = '';
      pending = 0;
    }
    if (pending > 0) await sink.write(Buffer.from(text), pending);
    return count;
  };
}

function firstLines(bytes: Buffer, records: number): { bytes: Buffer; records: number } {
  let end = 0;
  for (let line = 0; line < records; line++) end = bytes.indexOf(NEWLINE, end) + 1;
  return { bytes: bytes.subarray(0, end), records };
}

/** The records of ready lines, for a stream whose values must be cut or converted after all. */
function rowsOfLines(bytes: Buffer, bare: boolean): Row[] {
  const lines = bytes.toString().split('\n').slice(0, -1).map(parseExact);
  return lines.map((line) => (bare ? (line as Row) : (line as { readonly record: Row }).record));
}

/** Ends a reading before its end. Never throws, and does not wait for long. */
export async function closeStream(batches: AsyncIterator<Batch>, run: Run, stream: string): Promise<void> {
  try {
    if (batches.return !== undefined) await within(CLOSE_MILLISECONDS, Promise.resolve(batches.return()));
  } catch (error) {
    // What ended the reading is on its way up and says more.
    run.log.debug('The stream could not be closed', { stream, reason: error instanceof Error ? error.name : typeof error });
  }
}
