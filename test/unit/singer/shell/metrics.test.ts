import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fields } from '../../../../singer/log.ts';
import type { Metric } from '../../../../singer/shell/log-format.ts';
import { createMeter } from '../../../../singer/shell/metrics.ts';
import { progressText } from '../../../../singer/shell/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function meter(interactive = false) {
  const metrics: Metric[] = [];
  const lines: { message: string; fields: Fields | undefined }[] = [];
  const drawn: string[] = [];
  const tell = (message: string, fields?: Fields): void => void lines.push({ message, fields });
  const made = createMeter({
    log: { info: tell, warn: tell, metric: (metric) => metrics.push(metric) },
    stderr: { interactive, progress: (text) => drawn.push(text) },
    now: () => Date.now(),
  });
  const counted = (stream: string) =>
    metrics.filter(({ metric, tags }) => metric === 'record_count' && tags['stream'] === stream).map(({ value }) => value);
  return { meter: made, metrics, lines, drawn, counted };
}

describe('createMeter', () => {
  it('reports counts each minute and at the end; their sum is the number of records', () => {
    const { meter: m, counted } = meter();
    m.records('a', 10, 100);
    vi.advanceTimersByTime(60_000);
    m.records('a', 5, 50);
    m.records('b', 1, 10);
    vi.advanceTimersByTime(120_000);
    m.records('a', 2, 20);
    m.summary('a');
    m.finish('succeeded');
    expect(counted('a')).toEqual([10, 5, 2]);
    expect(counted('b')).toEqual([1]);
  });

  it('reports while busy work starves the timers', () => {
    const { meter: m, counted } = meter();
    for (let i = 0; i < 3000; i++) {
      vi.setSystemTime(Date.now() + 100);
      m.records('a', 1, 1);
    }
    expect(counted('a').length).toBeGreaterThanOrEqual(2);
  });

  it('sums a stream up once, with the facts of the plugin', () => {
    const { meter: m, lines, metrics } = meter();
    m.records('a', 1000, 50_000);
    vi.advanceTimersByTime(2000);
    m.summary('a', { inserted: 7, stream: 'not this one' });
    m.summary('a');
    m.summary('empty');
    expect(lines).toEqual([
      {
        message: 'Stream done',
        fields: { stream: 'a', rows: 1000, bytes: 50_000, seconds: 2, rows_per_second: 500, inserted: 7 },
      },
      { message: 'Stream done', fields: { stream: 'empty', rows: 0, bytes: 0, seconds: 0, rows_per_second: 0 } },
    ]);
    expect(metrics).toContainEqual({
      type: 'timer',
      metric: 'sync_duration',
      value: 2,
      tags: { stream: 'a', status: 'succeeded' },
    });
  });

  it('does not call a stream done when its run has failed', () => {
    const { meter: m, lines, metrics } = meter();
    m.records('a', 2, 20);
    m.summary('a', { loaded: 1, durable: 0 }, 'failed');
    const fields = { stream: 'a', rows: 2, bytes: 20, seconds: 0, rows_per_second: 0, loaded: 1, durable: 0 };
    expect(lines).toEqual([{ message: 'Stream cut short', fields }]);
    expect(metrics).toContainEqual({ type: 'timer', metric: 'sync_duration', value: 0, tags: { stream: 'a', status: 'failed' } });
  });

  it('times the job and tells how it went', () => {
    const { meter: m, metrics } = meter();
    vi.advanceTimersByTime(1500);
    m.finish('failed');
    m.close();
    expect(metrics).toEqual([
      { type: 'timer', metric: 'job_duration', value: 1.5, tags: { job_type: 'sync', status: 'failed' } },
    ]);
  });

  it('draws at most five times a second on a terminal, takes the line away at the end, and never draws elsewhere', () => {
    const { meter: m, drawn } = meter(true);
    m.records('a', 5, 5);
    vi.advanceTimersByTime(1000);
    expect(drawn).toHaveLength(5);
    m.close();
    expect(drawn.at(-1)).toBe('');
    const quiet = meter();
    quiet.meter.records('a', 5, 5);
    vi.advanceTimersByTime(1000);
    expect(quiet.drawn).toEqual([]);
    quiet.meter.close();
  });
});

describe('progressText', () => {
  const streams = new Map([
    ['a', { records: 1_234_000, bytes: 100e6, done: true }],
    ['b\u001b[2J', { records: 567, bytes: 1.2e6, done: false }],
  ]);

  it('shows rows, speed, bytes, the age of the state and the stream at work', () => {
    expect(progressText({ streams, startedAt: 0, stateAt: 7000, now: 10_000 })).toBe(
      '1,234,567 rows  123,457 rows/s  101.2 MB  state 3 s ago  b?[2J',
    );
    expect(progressText({ streams, startedAt: 0, stateAt: undefined, now: 10_000 })).toContain('no state yet');
  });

  it('is empty as long as nothing flows', () => {
    expect(progressText({ streams: new Map(), startedAt: 0, stateAt: undefined, now: 1 })).toBe('');
  });
});
