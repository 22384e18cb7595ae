import { spawn, spawnSync } from 'node:child_process';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeLock } from '../../../../targets/jsonl/lock.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const folder = temporaryFolder();
let files = 0;
const newPath = (): string => join(folder, `${++files}.jsonl.lock`);

/** The number of a process that has ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('a second owner is refused until the first lets go', async () => {
  const path = newPath();
  const first = await takeLock(path);
  await expect(takeLock(path)).rejects.toMatchObject({ code: 'file-locked', message: expect.stringMatching(/\d+\.jsonl$/) });
  await first.release();
  await (await takeLock(path)).release();
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('the lock of a dead process is taken over', async () => {
  const path = newPath();
  await writeFile(path, JSON.stringify({ pid: deadProcess(), started: '1', host: hostname() }));
  const lock = await takeLock(path);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
});

test.runIf(process.platform === 'linux')('a later process with the same number is not taken for the owner', async () => {
  const path = newPath();
  await writeFile(path, JSON.stringify({ pid: process.pid, started: 'earlier', host: hostname() }));
  await (await takeLock(path)).release();
});

test.runIf(process.platform === 'linux')(
  'the lock of a killed process whose exit code nobody asks for is taken over',
  async () => {
    // Nobody waits for the first program, because the shell has become the second.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const fields = async (): Promise<string[]> => (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    await expect.poll(async () => (await fields())[0]).toBe('Z');
    const path = newPath();
    await writeFile(path, JSON.stringify({ pid, started: (await fields())[19], host: hostname() }));
    await (await takeLock(path)).release();
  },
);

test.each([
  ['of another machine', 10 * 60_000, JSON.stringify({ pid: 1, started: '1', host: 'another-machine' })],
  ['that is only half written', 5_000, '{"pid":'],
  ['that a killed process has left empty', 5_000, ''],
])('a lock %s holds while it is fresh and no longer', async (_, milliseconds, text) => {
  const path = newPath();
  await writeFile(path, text);
  await expect(takeLock(path)).rejects.toMatchObject({ code: 'file-locked' });
  const old = new Date(Date.now() - milliseconds);
  await utimes(path, old, old);
  await (await takeLock(path)).release();
});

test('of many who take over a dead lock at once, one gets it', async () => {
  const path = newPath();
  await writeFile(path, JSON.stringify({ pid: deadProcess(), started: '1', host: hostname() }));
  const taken = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path)));
  const locks = taken.filter((outcome) => outcome.status === 'fulfilled');
  expect(locks).toHaveLength(1);
  await locks[0]!.value.release();
});
