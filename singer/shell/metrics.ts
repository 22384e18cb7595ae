import type { Json } from '../json.ts';
import type { Meter, Outcome } from '../meter.ts';
import { progressText } from './progress.ts';
import type { RunLog } from './run-log.ts';
import type { Stderr } from './stderr.ts';

/** The period of Singer metrics, as in singer-python and the Meltano SDK. */
const REPORT_MS = 60_000;
/** Calls of `records` between two looks at the clock: it is called for single records too. */
const CLOCK_CALLS = 1024;
/** Redraws of the progress line: five a second. */
const PROGRESS_MS = 200;

export interface MeterOptions {
  readonly log: Pick<RunLog, 'info' | 'warn' | 'metric'>;
  readonly stderr: Pick<Stderr, 'interactive' | 'progress'>;
  /** Milliseconds; replaced in tests. */
  readonly now?: () => number;
}

/** A meter that can also tell how the whole run went. */
export interface RunMeter extends Meter {
  /** The timer of the whole run; closes the meter. */
  finish(status: Outcome): void;
}

interface StreamCount {
  records: number;
  bytes: number;
  /** Of `records`, those that a metric has told already. */
  told: number;
  readonly startedAt: number;
  done: boolean;
}

/**
 * Counts what flows. Per stream: `record_count` each minute and at its end (their sum is the number of records), a
 * `sync_duration` timer and one summary line; on a terminal a progress line.
 */
export function createMeter({ log, stderr, now = () => performance.now() }: MeterOptions): RunMeter {
  const startedAt = now();
  const streams = new Map<string, StreamCount>();
  let lastSummaryAt = startedAt;
  let reportedAt = startedAt;
  let stateAt: number | undefined;
  let calls = 0;
  let closed = false;

  const report = (): void => {
    reportedAt = now();
    for (const [stream, count] of streams) tellRecords(stream, count);
  };
  const draw = (): void => stderr.progress(progressText({ streams, startedAt, stateAt, now: now() }));
  // Neither keeps the process alive. `records` looks at the clock too, because busy work may starve timers.
  const timers = [setInterval(report, REPORT_MS).unref()];
  if (stderr.interactive) timers.push(setInterval(draw, PROGRESS_MS).unref());

  function tellRecords(stream: string, count: StreamCount): void {
    if (count.records === count.told) return;
    log.metric({ type: 'counter', metric: 'record_count', value: count.records - count.told, tags: { stream } });
    count.told = count.records;
  }

  function countOf(stream: string): StreamCount {
    let count = streams.get(stream);
    if (count === undefined) {
      // A tap reads one stream after another: the time since the last one ended is this one's.
      count = { records: 0, bytes: 0, told: 0, startedAt: lastSummaryAt, done: false };
      streams.set(stream, count);
    }
    return count;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    for (const timer of timers) clearInterval(timer);
    stderr.progress('');
    report();
  }

  return {
    records(stream, records, bytes) {
      const count = countOf(stream);
      count.records += records;
      count.bytes += bytes;
      if (++calls >= CLOCK_CALLS) {
        calls = 0;
        if (now() - reportedAt >= REPORT_MS) report();
      }
    },
    state() {
      stateAt = now();
    },
    summary(stream, facts = {}, outcome = 'succeeded') {
      const count = countOf(stream);
      if (count.done) return;
      count.done = true;
      lastSummaryAt = now();
      const seconds = (lastSummaryAt - count.startedAt) / 1000;
      if (count.told > 0 || count.records > 0) tellRecords(stream, count);
      log.metric({ type: 'timer', metric: 'sync_duration', value: round(seconds), tags: { stream, status: outcome } });
      const fields = { stream, ...totals(count, seconds), ...withoutReserved(facts) };
      if (outcome === 'succeeded') log.info('Stream done', fields);
      else log.warn('Stream cut short', fields);
    },
    close,
    finish(status) {
      close();
      log.metric({
        type: 'timer',
        metric: 'job_duration',
        value: round((now() - startedAt) / 1000),
        tags: { job_type: 'sync', status },
      });
    },
  };
}

function totals({ records, bytes }: StreamCount, seconds: number): Record<string, number> {
  return { rows: records, bytes, seconds: round(seconds), rows_per_second: seconds > 0 ? Math.round(records / seconds) : 0 };
}

function withoutReserved(facts: Readonly<Record<string, Json>>): Record<string, Json> {
  const { stream: _, ...rest } = facts;
  return rest;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
