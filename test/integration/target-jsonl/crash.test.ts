import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executable, run } from '../../support/processes.ts';
import { ALL, BATCH, configFor as config, input, ROWS, runAndKill, runTarget } from './drive.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const root = temporaryFolder();
/** More than a file may have to be replaced whole: batches are appended in place, under a journal. */
const LARGE = '{"before":true}\n'.repeat(600_000);

/** The rows in the file, without what was there before. Fails on a line that is not whole. */
async function rowsIn(folder: string, before: string): Promise<number[]> {
  const text = await readFile(join(folder, 'rows.jsonl'), 'utf8');
  expect(text.startsWith(before)).toBe(true);
  const lines = text.slice(before.length).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line).n);
}

describe.each([
  ['a new file', ''],
  ['a large file', LARGE],
])('killed at random moments while it writes %s', (_, before) => {
  test(
    'every row that a printed state covers is in the file, whole, and the runs after it complete the file',
    { retry: 0 },
    async () => {
      const folder = join(root, before === '' ? 'new' : 'large');
      await mkdir(folder);
      if (before !== '') await writeFile(join(folder, 'rows.jsonl'), before);
      const configFile = await config(folder);
      let state = 0;
      let kills = 0;
      while (state < ROWS && kills < 8) {
        state = await runAndKill(configFile, state, 1 + Math.floor(Math.random() * 3));
        kills++;
        // A small file is whole at any time; a large one once the next run has looked at it.
        if (before === '' && state > 0) expect(new Set(await rowsIn(folder, before)).size).toBeGreaterThanOrEqual(state);
      }
      const last = await runTarget(configFile, input(state));
      expect(last).toMatchObject({ status: 0 });
      const rows = await rowsIn(folder, before);
      expect([...new Set(rows)]).toEqual(ALL);
      expect(rows.length - ROWS).toBeLessThanOrEqual((kills + 1) * BATCH);
      expect(await readdir(folder)).toEqual(['rows.jsonl']);
    },
  );
});

test('a reader that looks all the time never sees a line that is not whole', async () => {
  const folder = join(root, 'watched');
  const writing = run(process.execPath, [executable('target-jsonl'), '--config', await config(folder)], { input: input(0) });
  const progress = { ended: false };
  void writing.finally(() => (progress.ended = true));
  const sizes = new Set<number>();
  while (!progress.ended) {
    const text = await readFile(join(folder, 'rows.jsonl'), 'utf8').catch(() => '');
    sizes.add(text.length);
    expect(text === '' || text.endsWith('}\n')).toBe(true);
  }
  expect(await writing).toMatchObject({ status: 0 });
  expect(await rowsIn(folder, '')).toHaveLength(ROWS);
  expect(sizes.size).toBeGreaterThan(2);
});

test.each([
  ['a new file', ''],
  ['a large file', LARGE],
])(
  'a disk that fills up under %s ends the run without the state, the file stays whole, a rerun repairs',
  async (name, before) => {
    const folder = join(root, `full ${name}`);
    await mkdir(folder);
    const path = join(folder, 'rows.jsonl');
    await writeFile(path, before);
    const configFile = await config(folder);
    // A limit on the size of files is the full disk that needs no rights; bash counts it in blocks of 1024 bytes.
    const blocks = Math.ceil(before.length / 1024) + 64;
    const script = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`;
    const full = await run('bash', ['-c', script, process.execPath, executable('target-jsonl'), '--config', configFile], {
      input: input(0),
    });
    expect(full).toMatchObject({ status: 1, stderr: expect.stringContaining('The disk is full') });
    const states = full.stdout.split('\n').filter(Boolean);
    const state: number = states.length === 0 ? 0 : JSON.parse(states.at(-1)!).n;
    expect(state).toBeLessThan(ROWS);
    expect(await rowsIn(folder, before)).toHaveLength(state);
    expect(await runTarget(configFile, input(state))).toMatchObject({ status: 0 });
    expect(await rowsIn(folder, before)).toEqual(ALL);
  },
);

test('a second run on the same file is refused while the first one writes', async () => {
  const folder = join(root, 'twice');
  const configFile = await config(folder);
  const first = spawn(process.execPath, [executable('target-jsonl'), '--config', configFile], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const firstEnd = new Promise((resolve) => first.on('close', resolve));
  try {
    const rows = input(ROWS - BATCH);
    await new Promise((resolve) => {
      first.stdout.once('data', resolve);
      first.stdin.write(rows);
    });
    const second = await run(process.execPath, [executable('target-jsonl'), '--config', configFile], { input: rows });
    expect(second).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Another run is writing to') });
  } finally {
    first.stdin.end();
  }
  expect(await firstEnd).toBe(0);
  expect(await rowsIn(folder, '')).toHaveLength(BATCH);
});
