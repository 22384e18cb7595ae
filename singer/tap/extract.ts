import { batchSink } from './batch-sink.ts';
import { Bookmarks } from './bookmarks.ts';
import { askOf, inOrder, requestOf, usableBookmark } from './requests.ts';
import { Interrupted, SystemError } from '../errors.ts';
import { type ExtractSettings, extractSettings } from './extract-settings.ts';
import { CoveredBookmark } from './covered-bookmark.ts';
import type { JsonObject } from '../json.ts';
import { activateVersionLine, schemaLine } from './messages.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Run } from '../plugin.ts';
import type { Batch, Source } from './source.ts';
import { ReadAhead } from './read-ahead.ts';
import { closeStream, readStream } from './read-stream.ts';
import { lineSink, type RecordSink } from './record-sink.ts';
import { StateSender } from './state-sender.ts';
import { planSync, type StreamPlan } from './sync-plan.ts';
import { interruptedAt, tableReading, type TableReading } from './table-version.ts';
import { unlessAborted, within } from './waiting.ts';

/** Time that an interrupted run gives its reader to take what was written. */
const LAST_FLUSH_MILLISECONDS = 3000;

/**
 * Writes the selected streams one after the other: SCHEMA, RECORD, STATE and, where asked for, ACTIVATE_VERSION
 * messages. The stream that the state says was being read goes first. What the source allows to be read at once is read ahead, and written as if it were not.
 *
 * Each stream begins with a STATE that names it in `currently_syncing`, and only the STATE after the last stream names none: a
 * target thereby knows whether the tap came to its end. Does not close the source.
 * Throws ConfigError for a catalog or state that cannot be used, Interrupted when `run.signal` was aborted (after the
 * newest valid STATE), and whatever a stream throws.
 */
export async function extract(o: {
  readonly source: Source;
  readonly config: object;
  readonly run: Run;
  readonly output: Output;
  readonly meter: Meter;
  readonly catalog: unknown;
  readonly state: unknown;
  readonly test: 'all' | 'schema' | undefined;
}): Promise<void> {
  const { run, output, meter, test } = o;
  const bookmarks = new Bookmarks(o.state, run.log);
  const plans = planSync(o.source.streams, o.catalog, run.log);
  if (plans.length === 0) {
    // No STATE either: Meltano would store it in place of the one it has.
    run.log.warn('No stream is selected: nothing to read');
    return;
  }
  await o.source.prepare?.(plans.map(({ stream }) => stream));
  const settings = extractSettings(o.config);
  const states = new StateSender({ bookmarks, output, meter, settings, signal: run.signal, silent: test !== undefined });
  const sync: Sync = { run, output, meter, settings, test, bookmarks, states };
  const ordered = inOrder(plans, bookmarks.currentlySyncing);
  const atOnce = test === undefined ? (o.source.streamsAtOnce ?? 1) : 1;
  /** Those that are open, in their order. */
  const open: Promise<OpenStream>[] = [];
  try {
    for (const [index, plan] of ordered.entries()) {
      for (const next of ordered.slice(index + open.length, index + atOnce)) open.push(openStream(sync, next, atOnce > 1));
      await syncStream(sync, plan, open.shift()!);
    }
    bookmarks.currentlySyncing = undefined;
    await states.send();
    await unlessAborted(output.flush(), run.signal);
    run.signal.throwIfAborted();
  } catch (error) {
    if (!isOutputFailure(error)) await stop(sync);
    throw run.signal.aborted ? interruption(run.signal) : error;
  } finally {
    await Promise.all(open.map(closeUnread(run)));
  }
}

/** What the streams of one run share. */
interface Sync {
  readonly run: Run;
  readonly output: Output;
  readonly meter: Meter;
  readonly settings: ExtractSettings;
  readonly test: 'all' | 'schema' | undefined;
  readonly bookmarks: Bookmarks;
  readonly states: StateSender;
}

/** A stream whose reading may have begun, of which nothing was written. */
interface OpenStream {
  readonly plan: StreamPlan;
  /** Of a whole table. */
  readonly table: TableReading | undefined;
  readonly sink: RecordSink;
  readonly batches: AsyncIterator<Batch>;
}

/** Opens a stream. `ahead`: it is read at once, and a failure waits for its turn. */
function openStream(sync: Sync, plan: StreamPlan, ahead: boolean): Promise<OpenStream> {
  const opened = open(sync, plan, ahead);
  opened.catch(() => undefined);
  return opened;
}

async function open(sync: Sync, plan: StreamPlan, ahead: boolean): Promise<OpenStream> {
  const { run, bookmarks, output, meter, test, settings } = sync;
  const { stream, name } = plan;
  const full = plan.method === 'FULL_TABLE';
  const given = bookmarks.given(stream.id, stream.formerIds);
  const table = full && test === undefined ? await readingOf(sync, plan, given) : undefined;
  const sinkOptions = { stream: name, version: table?.version, output, meter, signal: run.signal };
  // A test of one record is best seen on the output itself.
  const { batch } = settings;
  const sink = batch === undefined || test !== undefined ? lineSink(sinkOptions) : batchSink(sinkOptions, batch);
  const bookmark = full ? table?.resume : usableBookmark(given, plan, run.log);
  const versioned = table?.version !== undefined;
  const request = requestOf({ plan, run, sink, bookmark, versioned, limit: limitOf(sync) });
  const batches = stream.read(request)[Symbol.asyncIterator]();
  return { plan, table, sink, batches: ahead ? new ReadAhead(batches) : batches };
}

function limitOf({ test }: Sync): number | undefined {
  return test === undefined ? undefined : 1;
}

/** Ends what was read ahead of a turn that does not come. */
function closeUnread(run: Run): (opened: Promise<OpenStream>) => Promise<void> {
  return async (opened) => {
    const stream = await opened.catch(() => undefined);
    if (stream !== undefined) await closeStream(stream.batches, run, stream.plan.stream.id);
  };
}

/** Reads a stream and sums it up, also when it ends before its time. */
async function syncStream(sync: Sync, plan: StreamPlan, opened: Promise<OpenStream>): Promise<void> {
  const facts = { replication_method: plan.method };
  try {
    await sendStream(sync, await opened);
  } catch (error) {
    // Without a reader nobody knows what was sent.
    if (!isOutputFailure(error)) sync.meter.summary(plan.name, facts, 'failed');
    throw error;
  }
  if (sync.test !== 'schema') sync.meter.summary(plan.name, facts);
}

/** What stands before a stream's records. */
async function announce(sync: Sync, { plan, table }: OpenStream): Promise<void> {
  const { bookmarks, states, test } = sync;
  const { id } = plan.stream;
  bookmarks.currentlySyncing = id;
  if (table?.version !== undefined) bookmarks.set(id, table.at(table.resume));
  await states.send();
  await send(
    sync,
    schemaLine({ stream: plan.name, schema: plan.schema, keys: plan.keys, replicationKey: plan.bookmarkProperty }),
  );
  if (test === 'schema' || table?.version === undefined || !table.first || !seesAll(plan)) return;
  await send(sync, activateVersionLine(plan.name, table.version));
}

function seesAll({ stream }: StreamPlan): boolean {
  return stream.seesAll?.() !== false;
}

async function sendStream(sync: Sync, stream: OpenStream): Promise<void> {
  const { plan, table, sink, batches } = stream;
  const { run, bookmarks, states, test } = sync;
  const { id } = plan.stream;
  const full = plan.method === 'FULL_TABLE';
  try {
    await announce(sync, stream);
  } catch (error) {
    await closeStream(batches, run, id);
    throw error;
  }
  if (test === 'schema') return;
  const covered = new CoveredBookmark(sink);
  try {
    await readStream({
      plan,
      run,
      sink,
      batches,
      limit: limitOf(sync),
      written: async (records, bookmark) => {
        covered.add(records, full && bookmark !== undefined ? table?.at(bookmark) : bookmark);
        let newest = covered.take();
        const due = states.due(records, newest !== undefined);
        if (due && newest === undefined && covered.isWaiting) {
          await sink.flush();
          newest = covered.take();
        }
        if (newest === undefined) return;
        bookmarks.set(id, newest);
        if (due) await states.send();
      },
    });
    await sink.flush();
  } catch (error) {
    // What the reader has a part of it gets whole: otherwise the next run would send that part again.
    if (covered.isCut && !isOutputFailure(error)) await handOnLeft(sink, run, plan.name);
    throw error;
  } finally {
    const last = covered.take();
    if (last !== undefined) bookmarks.set(id, last);
    await sink.close();
  }
  if (table !== undefined) await complete(sync, plan, table);
}

/** How a whole table is read now: the version of its records, and where to go on if the last reading was cut short and can. */
async function readingOf({ run, settings }: Sync, plan: StreamPlan, given: JsonObject | undefined): Promise<TableReading> {
  const { stream } = plan;
  const versioned = settings.activateVersions;
  const place = interruptedAt(given, versioned);
  const reason = place === undefined ? undefined : await stream.cannotResume?.(askOf(plan, run, place, versioned));
  if (reason !== undefined) {
    run.log.info('The reading that was interrupted cannot go on where it was: the table is read anew', {
      stream: stream.id,
      reason,
    });
  }
  const resume = reason === undefined ? place : undefined;
  return tableReading(given, { now: new Date(), versioned, resume, resumable: stream.cannotResume !== undefined });
}

/** A whole table was read. */
async function complete(sync: Sync, plan: StreamPlan, table: TableReading): Promise<void> {
  const { bookmarks, run } = sync;
  const { id } = plan.stream;
  if (table.version === undefined) {
    if (bookmarks.has(id)) bookmarks.set(id, table.done);
  } else if (seesAll(plan)) {
    await send(sync, activateVersionLine(plan.name, table.version));
    bookmarks.set(id, table.done);
  } else {
    run.log.warn('Something of the source was missing: no ACTIVATE_VERSION is sent, so that the target keeps what it has', {
      stream: plan.name,
    });
    bookmarks.set(id, table.at(undefined));
  }
}

async function handOnLeft(sink: RecordSink, { log }: Run, stream: string): Promise<void> {
  try {
    await sink.flush();
  } catch (error) {
    // What ended the reading is on its way up and says more.
    const reason = error instanceof Error ? error.message : typeof error;
    log.warn('The rest of what was read could not be written: the next run sends a part of it again', { stream, reason });
  }
}

async function send({ output, run }: Sync, line: string): Promise<void> {
  const wait = output.write(line);
  if (wait !== undefined) await unlessAborted(wait, run.signal);
  run.signal.throwIfAborted();
}

/** Leaves the newest valid STATE behind: all that it covers was written, whatever happened after. */
async function stop({ run, output, bookmarks, states }: Sync): Promise<void> {
  const stream = bookmarks.currentlySyncing;
  if (!run.signal.aborted && stream !== undefined) run.log.error('Reading a stream failed', { stream });
  try {
    await states.send();
    await within(LAST_FLUSH_MILLISECONDS, output.flush());
  } catch (error) {
    // The first failure is the one to report; this one can only be that the reader went away meanwhile.
    if (!isOutputFailure(error)) throw error;
  }
}

function isOutputFailure(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'output-closed' || error.code === 'output-failed');
}

function interruption(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Interrupted('SIGTERM');
}
