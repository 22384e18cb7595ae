import { Writable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { Output } from '../../../../singer/output.ts';
import { stagedOutput, writeAll } from '../../../../singer/mapper/staged.ts';
import { createOutput } from '../../../../singer/shell/stdout.ts';

const SIZES = [100, 70 * 1024, 64 * 1024, 5, 3000, 5000, 5000, 40 * 1024];

it('blocks of a stage may be used again at once, although the reader of the output is behind', async () => {
  const taken: string[] = [];
  // As a full pipe does: takes later what it was given, and asks to wait only when much has gathered.
  const slow = new Writable({
    highWaterMark: 16 * 1024,
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        taken.push(chunk.toString());
        done();
      });
    },
  });
  async function* blocks(): AsyncGenerator<Buffer> {
    const block = Buffer.alloc(70 * 1024);
    for (const [index, size] of SIZES.entries()) {
      yield block.fill(String(index), 0, size).subarray(0, size);
    }
  }
  const output = createOutput(slow);
  await writeAll(blocks(), output, new AbortController().signal);
  await output.flush();
  const expected = SIZES.map((size, index) => String(index).repeat(size)).join('');
  expect(taken.join('') === expected).toBe(true);
});

it('after a signal a reader that is behind still gets every block as it was, and one that takes nothing is given up', async () => {
  const taken: string[] = [];
  const stop = new AbortController();
  let asleep: (() => void) | undefined;
  const slow = new Writable({
    highWaterMark: 16 * 1024,
    write(chunk: Buffer, _encoding, done) {
      const take = (): void => {
        taken.push(chunk.toString());
        done();
      };
      if (taken.length < 3) setImmediate(take);
      else asleep = take;
      if (taken.length === 1) stop.abort();
    },
  });
  let asked = 0;
  async function* blocks(): AsyncGenerator<Buffer> {
    const block = Buffer.alloc(64 * 1024);
    for (; asked < 9; asked++) yield block.fill(String(asked));
  }
  await writeAll(blocks(), createOutput(slow), stop.signal);
  expect(taken.map((text) => [text[0], new Set(text).size, text.length])).toEqual(
    ['0', '1', '2'].map((digit) => [digit, 1, 64 * 1024]),
  );
  expect(asked).toBe(3);
  expect(asleep).toBeDefined();
});

it('once a sleeping reader is given up nothing more is written: it may still hold a block, which is used again', async () => {
  vi.useFakeTimers();
  try {
    const stop = new AbortController();
    const written: number[] = [];
    const asleep: Output = {
      write: (bytes) => {
        written.push(bytes.length);
        return new Promise(() => undefined);
      },
      flush: async () => undefined,
    };
    async function* same({ bytes }: { bytes: Buffer }): AsyncGenerator<Buffer> {
      yield bytes;
    }
    async function* held(): AsyncGenerator<Buffer> {
      yield Buffer.from('held');
    }
    const output = stagedOutput(asleep, { take: same, finish: held, close: async () => undefined }, stop.signal);
    const writes = [output.write(Buffer.alloc(64 * 1024)), output.write(Buffer.alloc(7)), output.finish()];
    stop.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    for (const write of writes) await write;
    expect(written).toEqual([64 * 1024]);
  } finally {
    vi.useRealTimers();
  }
});
