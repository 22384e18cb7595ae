import { batchSink } from './batch-sink.ts';
import { Bookmarks } from './bookmarks.ts';
import { askOf, inOrder, usableBookmark } from './requests.ts';
import { Interrupted, SystemError } from '../errors.ts';
import { type ExtractSettings, extractSettings } from './extract-settings.ts';
import { CoveredBookmark } from './covered-bookmark.ts';
import type { JsonObject } from '../json.ts';
import { activateVersionLine, schemaLine } from './messages.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Run, Source } from '../plugin.ts';
import { readStream } from './read-stream.ts';
import { lineSink, type RecordSink } from './record-sink.ts';
import { StateSender } from './state-sender.ts';
import { planSync, type StreamPlan } from './sync-plan.ts';
import { interruptedAt, tableReading, type TableReading } from './table-version.ts';
import { unlessAborted, within } from './waiting.ts';

/** Time that an interrupted run gives its reader to take what was written. */
const LAST_FLUSH_MILLISECONDS = 3000;

/**
 * Reads the selected streams one after the other and writes SCHEMA, RECORD, STATE and, where asked for, ACTIVATE_VERSION
 * messages. The stream that the state says was being read goes first.
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
  try {
    for (const plan of inOrder(plans, bookmarks.currentlySyncing)) await syncStream(sync, plan);
    bookmarks.currentlySyncing = undefined;
    await states.send();
    await unlessAborted(output.flush(), run.signal);
    run.signal.throwIfAborted();
  } catch (error) {
    if (!isOutputFailure(error)) await stop(sync);
    throw run.signal.aborted ? interruption(run.signal) : error;
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

/** Reads a stream and sums it up, also when it ends before its time. */
async function syncStream(sync: Sync, plan: StreamPlan): Promise<void> {
  const facts = { replication_method: plan.method };
  try {
    await sendStream(sync, plan);
  } catch (error) {
    // Without a reader nobody knows what was sent.
    if (!isOutputFailure(error)) sync.meter.summary(plan.name, facts, 'failed');
    throw error;
  }
  if (sync.test !== 'schema') sync.meter.summary(plan.name, facts);
}

async function sendStream(sync: Sync, plan: StreamPlan): Promise<void> {
  const { run, bookmarks, states, test } = sync;
  const { id } = plan.stream;
  const full = plan.method === 'FULL_TABLE';
  const given = bookmarks.given(id, plan.stream.formerIds);
  const table = full && test === undefined ? await readingOf(sync, plan, given) : undefined;
  bookmarks.currentlySyncing = id;
  if (table?.version !== undefined) bookmarks.set(id, table.at(table.resume));
  await states.send();
  await send(
    sync,
    schemaLine({ stream: plan.name, schema: plan.schema, keys: plan.keys, replicationKey: plan.bookmarkProperty }),
  );
  if (test === 'schema') return;
  const seesAll = (): boolean => plan.stream.seesAll?.() !== false;
  if (table?.version !== undefined && table.first && seesAll()) await send(sync, activateVersionLine(plan.name, table.version));
  const sinkOptions = { stream: plan.name, version: table?.version, output: sync.output, meter: sync.meter, signal: run.signal };
  // A test of one record is best seen on the output itself.
  const { batch } = sync.settings;
  const sink = batch === undefined || test !== undefined ? lineSink(sinkOptions) : batchSink(sinkOptions, batch);
  const covered = new CoveredBookmark(sink);
  try {
    await readStream({
      plan,
      run,
      sink,
      bookmark: full ? table?.resume : usableBookmark(given, plan, run.log),
      versioned: table?.version !== undefined,
      limit: test === undefined ? undefined : 1,
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
  if (table !== undefined) await complete(sync, plan, table, seesAll());
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
async function complete(sync: Sync, plan: StreamPlan, table: TableReading, seesAll: boolean): Promise<void> {
  const { bookmarks, run } = sync;
  const { id } = plan.stream;
  if (table.version === undefined) {
    if (bookmarks.has(id)) bookmarks.set(id, table.done);
  } else if (seesAll) {
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
