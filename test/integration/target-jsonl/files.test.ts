import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/tmp.ts';
import { ALL, BATCH, configFor, input, killWhen, ROWS, runAndKill, runTarget } from './drive.ts';

const root = temporaryFolder();

interface Found {
  readonly n: number;
  /** The generation of an overwriting run. */
  readonly g?: number;
}

/** The records in all files that readers see, in the order of the files. Fails on a line that is not whole. */
async function visible(folder: string): Promise<Found[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /(?:^|\/)[^./][^/]*\.jsonl(?:\.gz|\.br)?$/.test(name),
  );
  const found: Found[] = [];
  for (const name of names.toSorted()) {
    const bytes = await readFile(join(folder, name));
    const text = name.endsWith('.gz') ? gunzipSync(bytes) : name.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
    const lines = text.toString().split('\n');
    expect(lines.pop(), name).toBe('');
    found.push(...lines.map((line): Found => JSON.parse(line)));
  }
  return found;
}

async function hiddenIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /(?:^|\/)\.[^/]*$/.test(name));
}

describe('killed at random moments', () => {
  test.each([
    ['rotated files', { rotate_rows: 250, manifest: true }],
    ['rotated files, compressed', { rotate_bytes: 20_000, compression: 'gzip', manifest: true }],
    ['rotated files, packed', { rotate_rows: 250, compression: 'brotli', manifest: true }],
    ['partitions', { partition_by: ['text'], durability: 'flush' }],
  ])('every row that a printed state covers is in %s, whole, and the runs after it complete them', async (name, more) => {
    const folder = join(root, name);
    const configFile = await configFor(folder, more);
    let state = 0;
    let kills = 0;
    while (state < ROWS && kills < 6) {
      state = await runAndKill(configFile, state, 1 + Math.floor(Math.random() * 4));
      kills++;
      await visible(folder);
      // An empty run publishes what the killed one has promised.
      expect(await runTarget(configFile, '')).toMatchObject({ status: 0 });
      const rows = new Set((await visible(folder)).map(({ n }) => n));
      for (let n = 1; n <= state; n++) expect(rows.has(n), `row ${n} of ${state}`).toBe(true);
    }
    expect(await runTarget(configFile, input(state))).toMatchObject({ status: 0 });
    const rows = (await visible(folder)).map(({ n }) => n);
    expect([...new Set(rows)].toSorted((a, b) => a - b)).toEqual(ALL);
    expect(rows.length - ROWS).toBeLessThanOrEqual((kills + 1) * BATCH);
    expect(await hiddenIn(folder)).toEqual([]);
    if ('manifest' in more) expect(await runTarget(configFile, '', 'verify')).toMatchObject({ status: 0 });
  });

  test.each([
    ['one file', {}],
    ['many files', { rotate_rows: 20, manifest: true }],
  ])('[150] an overwrite of %s is there whole or not at all', async (name, more) => {
    const folder = join(root, `over ${name}`);
    const configFile = await configFor(folder, { load_method: 'overwrite', durability: 'flush', ...more });
    const generation = (g: number): string => input(0, `,"g":${g}`);
    expect(await runTarget(configFile, generation(0))).toMatchObject({ status: 0 });
    const seen = new Set<number>();
    for (let g = 1; g <= 12; g++) {
      const before = new Set(await readdir(folder));
      const published = async (): Promise<void> => {
        // The swap has begun when the first new name is there.
        while (!(await readdir(folder)).some((one) => one.endsWith('.jsonl') && !before.has(one))) await sleep(0);
      };
      await killWhen(configFile, generation(g), g % 2 === 0 ? published : () => sleep(150 + Math.random() * 250));
      if (name === 'one file') expect(await generationOf(folder)).toBeGreaterThanOrEqual(0);
      expect(await runTarget(configFile, '')).toMatchObject({ status: 0 });
      seen.add(await generationOf(folder));
      expect(await hiddenIn(folder)).toEqual([]);
      if ('manifest' in more) expect(await runTarget(configFile, '', 'verify')).toMatchObject({ status: 0 });
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  /** The generation that all rows are of; fails if they are of several, or not all there. */
  async function generationOf(folder: string): Promise<number> {
    const found = await visible(folder);
    expect(found.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(ALL);
    const generations = new Set(found.map(({ g }) => g));
    expect([...generations]).toHaveLength(1);
    return found[0]!.g!;
  }
});

test('readers that look all the time never see a rotated file that is not whole', async () => {
  const folder = join(root, 'watched');
  const writing = runTarget(await configFor(folder, { rotate_rows: 200, compression: 'gzip' }), input(0));
  const progress = { ended: false };
  void writing.finally(() => (progress.ended = true));
  await mkdir(folder, { recursive: true });
  let most = 0;
  while (!progress.ended) {
    const { length } = await visible(folder);
    expect(length % 200).toBe(0);
    most = Math.max(most, length);
  }
  expect(await writing).toMatchObject({ status: 0 });
  expect(most).toBeGreaterThan(0);
  expect(await visible(folder)).toHaveLength(ROWS);
});

test('a tap that dies leaves what an overwrite has found, and the exit code says so', async () => {
  const folder = join(root, 'dead tap');
  const configFile = await configFor(folder, { load_method: 'overwrite' });
  await runTarget(configFile, input(0));
  const cut = await runTarget(configFile, input(0).slice(0, 50_000));
  expect(cut).toMatchObject({ status: 1, stdout: '' });
  expect(await visible(folder)).toHaveLength(ROWS);
  // A whole line, but no STATE behind it: nothing proves that the stream was read to its end.
  const lines = input(0)
    .split('\n')
    .slice(0, 1010)
    .filter((line) => !line.includes('STATE'));
  const unproven = await runTarget(configFile, `${lines.join('\n')}\n`);
  expect(unproven).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Nothing is overwritten') });
  expect(await visible(folder)).toHaveLength(ROWS);
});

/** A small file system of its own; only root may make one. */
const small = join(root, 'small');
const mounts = spawnSync('sh', ['-c', `mkdir -p '${small}' && mount -t tmpfs -o size=400k tmpfs '${small}'`]).status === 0;
if (mounts) spawnSync('umount', [small]);

describe.skipIf(!mounts)('on a small file system (needs the right to mount one)', () => {
  beforeAll(() => void spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', small]));
  afterAll(() => void spawnSync('umount', [small]));

  test.each([
    ['appended', {}],
    ['rotated', { rotate_rows: 500, manifest: true }],
    ['packed', { rotate_rows: 500, compression: 'brotli', compression_level: 1, path_template: '{stream}/{seq}.{ext}' }],
    ['overwritten', { load_method: 'overwrite', rotate_rows: 500, manifest: true }],
  ])('a full disk ends the run without the state of what is not there (%s)', async (name, more) => {
    const folder = join(small, name);
    const configFile = join(root, `${name}.json`);
    await mkdir(folder);
    await configFor(join(root, name), { ...more, destination_path: folder });
    // Text that does not compress.
    const text = input(0).replaceAll(/"text":"x*"/g, () => `"text":"${randomBytes(150).toString('base64')}"`);
    const full = await runTarget(configFile, text);
    expect(full).toMatchObject({ status: 1, stderr: expect.stringContaining('The disk is full') });
    const states = full.stdout.split('\n').filter(Boolean);
    const state: number = states.length === 0 ? 0 : JSON.parse(states.at(-1)!).n;
    expect(state).toBeLessThan(ROWS);
    // What could not get its name for want of room gets it once there is some.
    spawnSync('mount', ['-o', 'remount,size=4m', small]);
    expect(await runTarget(configFile, '')).toMatchObject({ status: 0 });
    const rows = (await visible(folder)).map(({ n }) => n);
    expect(rows).toEqual(ALL.slice(0, rows.length));
    expect(rows.length).toBeGreaterThanOrEqual(state);
    expect(await hiddenIn(folder)).toEqual([]);
    spawnSync('rm', ['-rf', folder]);
    spawnSync('mount', ['-o', 'remount,size=400k', small]);
  });

  test('a file system that is read-only is a coded error', async () => {
    spawnSync('mount', ['-o', 'remount,ro', small]);
    const configFile = await configFor(join(root, 'ro'), { destination_path: join(small, 'ro') });
    expect(await runTarget(configFile, input(0))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('No permission to write'),
    });
    spawnSync('mount', ['-o', 'remount,rw', small]);
  });
});
