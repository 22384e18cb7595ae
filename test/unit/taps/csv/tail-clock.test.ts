import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { USUAL } from '../../../../taps/csv/format.ts';
import { openStreams } from '../../../../taps/csv/stream.ts';
import { tailClock } from '../../../../taps/csv/tail-clock.ts';
import { entryOf, folder, memoryLog, requestOf, runOf } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());

describe('the time of records', () => {
  it('is made anew once it is a second old, asked per batch', () => {
    let time = 0;
    let made = 0;
    const envelope = (): { head: Buffer; tail: Buffer } => ({ head: Buffer.from(''), tail: Buffer.from(`${++made}`) });
    const ask = tailClock({ whole: true, envelope }, () => time);
    const given: (string | undefined)[] = [];
    for (time of [10, 999, 1000, 1500, 2100]) given.push(ask()?.toString());
    expect(given).toEqual([undefined, undefined, '1', undefined, '2']);
  });

  it('is none of the tap where records leave as objects', () => {
    let time = 0;
    const ask = tailClock({ whole: false, envelope: () => ({ head: Buffer.of(), tail: Buffer.of() }) }, () => (time += 5000));
    expect([ask(), ask()]).toEqual([undefined, undefined]);
  });
});

describe('time_extracted', () => {
  afterEach(() => vi.useRealTimers());

  it.each([
    ['csv', true],
    ['csv', false],
    ['jsonl', true],
    ['jsonl', false],
  ])('is that of the batch, not of the file: %s, fast lane %s', async (ending, fastLane) => {
    const path = temp.path(`a.${ending}`);
    writeFileSync(path, ending === 'csv' ? `a\n${'1\n'.repeat(100)}` : '{"a":1}\n'.repeat(100));
    const { log } = memoryLog();
    const tuning = { ...USUAL, windowBytes: 64, batchBytes: 500, fastLane };
    const [stream] = await openStreams([entryOf({ paths: [path] })], false, runOf(log), tuning);
    vi.useFakeTimers({ toFake: ['performance'] });
    let made = 0;
    const envelope = (): { head: Buffer; tail: Buffer } => ({
      head: Buffer.from('{"record":'),
      tail: Buffer.from(`,"t":${++made}}\n`),
    });
    const times = new Set<string>();
    for await (const batch of stream!.read(requestOf(stream!, log, { envelope }))) {
      const seen = [...(batch.lines?.bytes.toString() ?? '').matchAll(/"t":(\d+)/g)].map((match) => match[1]!);
      expect(new Set(seen).size).toBeLessThan(2);
      for (const time of seen) times.add(time);
      vi.advanceTimersByTime(600);
    }
    // Every other batch has a newer one.
    expect(times.size).toBeGreaterThan(2);
  });
});
