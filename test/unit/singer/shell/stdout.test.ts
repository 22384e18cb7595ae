import { PassThrough, Writable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { SystemError } from '../../../../singer/errors.ts';
import { createOutput } from '../../../../singer/shell/stdout.ts';

it('asks to wait while the reader is behind, and goes on when it has read', async () => {
  let read: (() => void) | undefined;
  const stream = new Writable({ highWaterMark: 10, write: (_, __, done) => (read = done) });
  const output = createOutput(stream);
  expect(output.write('12345')).toBeUndefined();
  const wait = output.write('67890x');
  expect(wait).toBeInstanceOf(Promise);
  expect(output.write('y')).toBe(wait);
  for (let i = 0; i < 3; i++) {
    read?.();
    await Promise.resolve();
  }
  await wait;
  expect(output.write('z')).toBeUndefined();
});

it('lets the event loop turn now and then when the output takes everything at once', async () => {
  const stream = new Writable({ highWaterMark: 1e9, write: (_, __, done) => done() });
  const output = createOutput(stream);
  const turned = vi.fn();
  setImmediate(turned);
  for (let i = 0; i < 20; i++) await output.write(Buffer.alloc(100_000));
  expect(turned).toHaveBeenCalled();
});

it('flushes everything that was written before', async () => {
  const taken: string[] = [];
  const slow = new Writable({
    decodeStrings: false,
    write: (text: string, _, done) => {
      taken.push(text);
      setImmediate(done);
    },
  });
  const output = createOutput(slow);
  for (const text of ['a', 'b', 'c']) void output.write(text);
  await output.flush();
  expect(taken.join('')).toBe('abc');
});

it('fails with output-closed once the reader is gone, for writers that wait and for later ones', async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const output = createOutput(stream);
  const wait = output.write('123');
  stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await expect(wait).rejects.toMatchObject({ code: 'output-closed', exitCode: 1 });
  expect(() => output.write('x')).toThrow(SystemError);
  await expect(output.flush()).rejects.toMatchObject({ code: 'output-closed' });
});

it('tells a full disk from a reader that went away', async () => {
  const stream = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })) });
  const output = createOutput(stream);
  void output.write('x');
  await expect(output.flush()).rejects.toMatchObject({
    code: 'output-failed',
    message: expect.stringContaining('ENOSPC') as string,
  });
});
