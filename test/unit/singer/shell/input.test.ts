import { execFileSync } from 'node:child_process';
import { constants, createWriteStream, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openInput } from '../../../../singer/shell/input.ts';
import { PipeInput } from '../../../../singer/shell/pipe-input.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-input-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Both ends of a named pipe. */
function pipe() {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  // Opened for reading without waiting for the writer, who finds a reader then.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { input: new PipeInput(fd), writer: createWriteStream(path) };
}

const MEGABYTE = 1024 * 1024;
const bytes = Buffer.from(Array.from({ length: 5 * MEGABYTE }, (_, i) => (i * 7919) % 251));

it('reads every byte of a pipe in order, however slowly it is asked', async () => {
  const { input, writer } = pipe();
  writer.end(bytes);
  const copies: Buffer[] = [];
  for await (const chunk of input) {
    const copy = Buffer.from(chunk);
    await new Promise(setImmediate);
    // Valid until the next one is asked for, though the pipe has more to give.
    expect(chunk.equals(copy)).toBe(true);
    copies.push(copy);
  }
  expect(Buffer.concat(copies).equals(bytes)).toBe(true);
});

it('takes no more than a buffer ahead of its reader', async () => {
  const { input, writer } = pipe();
  const first = input[Symbol.asyncIterator]();
  writer.write(bytes);
  await first.next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(writer.writableNeedDrain).toBe(true);
  input.close();
  await Promise.race([once(writer, 'error'), once(writer, 'close')]).catch(() => undefined);
});

it('ends when it is closed while somebody waits', async () => {
  const { input, writer } = pipe();
  const next = input[Symbol.asyncIterator]().next();
  await once(writer, 'open');
  input.close();
  expect(await next).toEqual({ value: undefined, done: true });
  writer.destroy();
});

it('reads a file, and says which one it cannot read', async () => {
  const file = join(folder, 'input.singer');
  await writeFile(file, bytes);
  let size = 0;
  for await (const chunk of await openInput(file)) size += chunk.length;
  expect(size).toBe(bytes.length);
  const missing = join(folder, 'none');
  await expect(openInput(missing)).rejects.toMatchObject({
    code: 'input-unreadable',
    message: `The input ${missing} cannot be read (ENOENT)`,
  });
});
