import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../../singer/tap/source.ts';
import { ReadAhead } from '../../../../singer/tap/read-ahead.ts';
import { memoryStream, sync } from '../../../support/memory-tap.ts';

const LINE = 'x'.repeat(99_999) + '\n';

/** Batches of 100 kB that share one buffer, as those of a tap do, and how many were made. */
function batches(count: number, failAt = Infinity): { made: number; closed: boolean; iterator: AsyncGenerator<Batch, void> } {
  const shared = Buffer.from(LINE);
  const state = { made: 0, closed: false, iterator: read() };
  return state;

  async function* read(): AsyncGenerator<Batch, void> {
    try {
      for (let n = 0; n < count; n++) {
        if (n === failAt) throw new Error('broken');
        shared.write(String(n).padStart(5, '0'));
        state.made++;
        yield { lines: { bytes: shared, records: 1 }, bookmark: { n } };
      }
    } finally {
      state.closed = true;
    }
  }
}

async function textsOf(iterator: AsyncIterator<Batch, void>): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    texts.push(next.value.lines!.bytes.toString('utf8', 0, 5));
  }
  return texts;
}

/** Until all that can happen without us has happened. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a stream that is read ahead', () => {
  it('is read before it is asked for, as far as a mebibyte goes, and gives everything as it was', async () => {
    const source = batches(30);
    const ahead = new ReadAhead(source.iterator);
    await settled();
    expect(source.made).toBe(11);
    expect(await textsOf(ahead)).toEqual(Array.from({ length: 30 }, (_, n) => String(n).padStart(5, '0')));
  });

  it('is read to its end if that is not far, and needs its source no longer', async () => {
    const source = batches(3);
    const ahead = new ReadAhead(source.iterator);
    await settled();
    expect(source.closed).toBe(true);
    expect(await textsOf(ahead)).toHaveLength(3);
  });

  it('fails where it failed: what stands before is given first', async () => {
    const ahead = new ReadAhead(batches(30, 2).iterator);
    await settled();
    expect((await ahead.next()).value).toMatchObject({ bookmark: { n: 0 } });
    expect((await ahead.next()).value).toMatchObject({ bookmark: { n: 1 } });
    await expect(ahead.next()).rejects.toThrow('broken');
  });

  it('is closed when its turn does not come', async () => {
    const source = batches(30);
    const ahead = new ReadAhead(source.iterator);
    await ahead.return();
    expect([source.closed, await textsOf(ahead)]).toEqual([true, []]);
  });
});

describe('extract with several streams at once', () => {
  /** Streams that wait in their reading until so many of them are read. */
  function together(ids: readonly string[], atOnce: number): ReturnType<typeof memoryStream>[] {
    let reading = 0;
    let release: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (release = resolve));
    return ids.map((id) =>
      memoryStream({ id }, async function* () {
        if (++reading >= atOnce) release();
        await all;
        for (let n = 1; n <= 3; n++) yield { rows: [{ id: n, name: id }], bookmark: { n } };
      }),
    );
  }

  it('reads so many, and writes what one at a time would give', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const config = { state_interval_records: 1 };
    const plain = (text: string): string => text.replaceAll(/"time_extracted":"[^"]*"/g, '');
    const one = await sync(together(ids, 1), { config });
    const three = await sync(together(ids, 3), { config, streamsAtOnce: 3 });
    expect([three.error, plain(three.text)]).toEqual([undefined, plain(one.text)]);
    expect(three.summaries).toEqual(ids);
  });

  it('a stream that fails ahead of its turn ends the run when its turn comes; those after it are closed', async () => {
    let closed = false;
    const [a] = together(['a'], 1);
    const b = memoryStream({ id: 'b' }, async function* () {
      yield { rows: [{ id: 1, name: 'b' }], bookmark: { n: 1 } };
      throw new Error('broken');
    });
    const c = memoryStream({ id: 'c' }, async function* () {
      try {
        for (let n = 0; ; n++) yield { rows: [{ id: n, name: 'x' }] };
      } finally {
        closed = true;
      }
    });
    const { error, text, summaries, messages } = await sync([a!, b, c], { streamsAtOnce: 3 });
    expect([error, closed, summaries]).toEqual([new Error('broken'), true, ['a', 'b: failed']]);
    expect(text).not.toContain('"c"');
    expect(messages.at(-1)!.value).toEqual({ currently_syncing: 'b', bookmarks: { a: { n: 3 }, b: { n: 1 } } });
  });

  it('one that cannot be opened fails in its turn, too', async () => {
    const [a] = together(['a'], 1);
    const b = memoryStream({ id: 'b', cannotResume: () => Promise.reject(new Error('gone')) });
    const state = { bookmarks: { b: { version: 1, resume: { place: 2 } } } };
    const catalog = {
      streams: ['a', 'b'].map((id) => ({
        tap_stream_id: id,
        metadata: [{ breadcrumb: [], metadata: { selected: true, 'replication-method': 'FULL_TABLE' } }],
      })),
    };
    const config = { emit_activate_version_messages: true };
    const { error, counted } = await sync([a!, b], { streamsAtOnce: 2, state, catalog, config });
    expect([error, counted.get('a')?.records]).toEqual([new Error('gone'), 3]);
  });

  it('--test reads one stream at a time', async () => {
    let most = 0;
    let reading = 0;
    const streams = ['a', 'b', 'c'].map((id) =>
      memoryStream({ id }, async function* () {
        most = Math.max(most, ++reading);
        try {
          yield { rows: [{ id: 1, name: id }] };
        } finally {
          reading--;
        }
      }),
    );
    await sync(streams, { streamsAtOnce: 3, test: 'all' });
    expect(most).toBe(1);
  });
});
