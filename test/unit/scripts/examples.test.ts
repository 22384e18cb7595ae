import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { CALLS, HELD, HOLD_AFTER, makeExecutables, notedPipelines } from '../../../scripts/examples/executables.mjs';
import { summary } from '../../../scripts/examples/report.mjs';
import { chosenExamples } from '../../../scripts/examples/session.mjs';
import { root, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

test('calls of our executables are noted with copies of their files, by pipeline, without those that ask for no records', async () => {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  const calls = join(folder, 'calls');
  mkdirSync(calls);
  await makeExecutables(bin, { other: process.execPath });
  const config = join(folder, 'config.json');
  const env = { [CALLS]: calls };
  for (const [name, text] of [
    ['tap-csv', 'first'],
    ['target-jsonl', 'second'],
    ['tap-csv', 'third'],
  ] as const) {
    writeFileSync(config, text);
    // It fails, for these are no settings; that it was called is noted all the same.
    await run(join(bin, name), ['--config', config, '--log', 'no file'], { env });
  }
  await run(join(bin, 'tap-csv'), ['--config', config, '--discover'], { env });
  writeFileSync(config, 'gone');
  const pipelines = await notedPipelines(calls);
  expect(pipelines.map((parts) => parts.map(({ program }) => program))).toEqual([['tap-csv', 'target-jsonl'], ['tap-csv']]);
  const texts = pipelines.flat().map(({ args }) => readFileSync(args[1] ?? '', 'utf8'));
  expect(texts).toEqual(['first', 'second', 'third']);
  expect(pipelines[0]?.[0]?.args.slice(2)).toEqual(['--log', 'no file']);
  expect((await run(join(bin, 'other'), ['--version'])).stdout).toBe(`${process.version}\n`);
});

test('a tap that is held gives so many records and then nothing, without an end', async () => {
  const held = join(temporaryFolder(), 'held');
  const child = spawn(process.execPath, [join(root, 'scripts/examples/hold.mjs')], {
    env: { ...process.env, [HOLD_AFTER]: '2', [HELD]: held },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const record = '{"type":"RECORD","stream":"s","record":{}}\n';
  child.stdin.end(`{"type":"SCHEMA"}\n${record.repeat(5)}{"type":"STATE","value":{}}\n`);
  await expect.poll(() => existsSync(held), { timeout: 15_000 }).toBe(true);
  await expect.poll(() => output, { timeout: 15_000 }).toBe(`{"type":"SCHEMA"}\n${record.repeat(2)}`);
  expect(child.exitCode).toBeNull();
});

test('the table says of each example whether the outcome was the same, and what was wrong', () => {
  const counts = { in: 20_500, loaded: 20_481, quarantined: 19, erased: 0 };
  const legs = [{ name: 'load', seconds: 4, alone: { records: 20_500, seconds: 2 } }];
  const result = { name: 'a', counts, legs, seconds: 12.4, same: true, problems: [] as string[] };
  const lines = summary([
    result,
    { ...result, name: 'b', same: false },
    { ...result, name: 'c', problems: ['two rows are missing'] },
  ]);
  expect(lines[1]).toMatch(/^a +20,500 +20,481 +19 +0 +12 +same again$/);
  expect(lines[2]).toMatch(/^b .* NOT THE SAME$/);
  expect(lines[3]).toMatch(/^c .* FAILED$/);
  expect(lines).toContainEqual(expect.stringMatching(/^a load +20,500 +5,125 +10,250$/));
  expect(lines.at(-1)).toBe('c: two rows are missing');
});

test('an example that is not there is told with those that are', async () => {
  await expect(chosenExamples(['checkin'])).rejects.toThrow(/There is no example checkin; there are checkins, .*wind/);
  expect(await chosenExamples(['wind'])).toEqual(['wind']);
  expect(await chosenExamples([])).toContain('checkins');
});
