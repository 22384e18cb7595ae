import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithMeltano, type MeltanoProject, succeeded } from '../../support/meltano.ts';
import { DATA, files, MORE, passesLoaderTest, prepared, rowsCovered, ROWS, type SingerState, STATE_ID } from './csv-project.ts';

await describeWithMeltano('Meltano, CSV to JSON lines', (meltano) => {
  const lines = (project: MeltanoProject, stream: string): unknown[] =>
    project
      .read(`output/${stream}.jsonl`)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  test('[167] meltano config test passes for tap and target', async () => {
    const project = prepared(meltano);
    // More than a pipe holds: Meltano stops the tap at the first record, and fails by itself when the tap has ended before.
    project.write(DATA, `${ROWS}${MORE.repeat(20_000)}`);
    await succeeded(project.meltano(['--environment=dev', 'config', 'test', 'tap-csv']));
    await passesLoaderTest(project.meltano(['--environment=dev', 'config', 'test', 'target-jsonl']));
  });

  test('[168] the second run starts from the state of the first', async () => {
    const project = prepared(meltano);
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
    project.write(DATA, ROWS + MORE);
    project.calls();
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
    expect(project.calls().filter((call) => call.startsWith('tap-csv') && !call.includes('--discover'))).toEqual([
      expect.stringContaining('--state'),
    ]);
    expect(lines(project, 'checkins')).toHaveLength(3);
    expect((await succeeded(project.meltano(['state', 'list']))).stdout).toContain(STATE_ID.jsonl);
  });

  test('[169] a full refresh of one stream gets no state and keeps the bookmarks of the other', async () => {
    const project = prepared(meltano);
    const env = { TAP_CSV_FILES: files([], ['one', 'two']) };
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], env));
    project.calls();
    await succeeded(
      project.meltano(['run', '--full-refresh', 'tap-csv', 'target-jsonl'], { ...env, TAP_CSV__SELECT_FILTER: '["one"]' }),
    );
    expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
    expect(lines(project, 'one')).toHaveLength(4);
    expect(lines(project, 'two')).toHaveLength(2);
    const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]));
    const { bookmarks } = (JSON.parse(stdout) as SingerState).singer_state;
    expect(Object.keys(bookmarks).sort()).toEqual(['one', 'two']);
  });

  test('[170] the state strategy merge gives the state that auto gives', async () => {
    const states: unknown[] = [];
    for (const strategy of ['auto', 'merge']) {
      const project = prepared(meltano);
      await succeeded(project.meltano(['run', '--state-strategy', strategy, 'tap-csv', 'target-jsonl']));
      project.write(DATA, ROWS + MORE);
      await succeeded(project.meltano(['run', '--state-strategy', strategy, 'tap-csv', 'target-jsonl']));
      const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]));
      states.push(JSON.parse(stdout.replaceAll(/"mtime\w*": *[^,}]+/g, '"mtime":0')));
    }
    expect(states[1]).toEqual(states[0]);
  });

  test('[171] with a catalog from catalogs/ nothing is discovered and the file alone is followed', async () => {
    const project = prepared(meltano);
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], { TAP_CSV__CATALOG: 'catalogs/checkins.json' }));
    expect(project.calls().filter((call) => call.includes('--discover'))).toEqual([]);
    expect(lines(project, 'checkins')).toEqual([
      { timestamp: '2024-01-01', hours: '1.5', project: 'alpha' },
      { timestamp: '2024-01-02', hours: '2', project: 'beta' },
    ]);
  });

  test('[172] settings from the environment reach the plugins: lists, objects, booleans', async () => {
    const project = prepared(meltano);
    project.write('elsewhere.csv', 'a;b\n1;2\n');
    const env = {
      TAP_CSV_FILES: JSON.stringify([{ entity: 'other', path: 'elsewhere.csv', delimiter: ';' }]),
      TAP_CSV_ADD_METADATA_COLUMNS: 'true',
      TARGET_JSONL_DESTINATION_PATH: 'deep/er',
      TARGET_JSONL_CUSTOM_NAME: 'named',
    };
    mkdirSync(join(project.folder, 'deep/er'), { recursive: true });
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], env));
    expect(JSON.parse(project.read('deep/er/named.jsonl'))).toMatchObject({ a: '1', b: '2', _sdc_source_lineno: 2 });
  });

  test('[177] with --log-level=debug the plugins log debug lines and the run still passes', async () => {
    const project = prepared(meltano);
    const { stderr } = await succeeded(project.meltano(['--log-level=debug', 'run', 'tap-csv', 'target-jsonl']));
    expect(stderr).toMatch(/\[debug +\].*tap-csv/);
    expect(lines(project, 'checkins')).toHaveLength(2);
  });

  test('[178] levels and metrics of tap and target show as such', async () => {
    const project = prepared(meltano);
    const { stderr } = await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
    for (const name of ['tap-csv', 'target-jsonl']) {
      const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes(name));
      expect(
        metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=2\b/.test(line)),
        metrics.join('\n'),
      ).toBe(true);
    }
  });
});

await describeWithMeltano('Meltano, failures before and in target-jsonl', (meltano) => {
  test('[174] when the tap fails in mid-run the run fails and the stored state is the last committed one', async () => {
    const project = prepared(meltano);
    const many = Array.from({ length: 30_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(100)}\n`).join('');
    const own = {
      TARGET_JSONL_BATCH_SIZE_ROWS: '1000',
      TAP_CSV_STATE_INTERVAL_RECORDS: '1000',
      TAP_CSV_FILES: JSON.stringify([{ entity: 'checkins', path: DATA, strict: true }]),
    };
    project.write(DATA, `user,timestamp,hours,project\n${many}one cell too many,2,3,4,5\n`);
    expect((await project.meltano(['run', 'tap-csv', 'target-jsonl'], own)).status).toBe(1);
    const covered = rowsCovered((await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]))).stdout);
    const users = (): string[] =>
      project
        .read('output/checkins.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { user: string }).user);
    expect(covered).toBeGreaterThan(0);
    expect(users().length).toBeGreaterThanOrEqual(covered);
    project.write(DATA, `user,timestamp,hours,project\n${many}`);
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], own));
    expect(new Set(users()).size).toBe(30_000);
  });

  test('[175] when the target fails nothing is left that hinders the next run', async () => {
    const project = prepared(meltano);
    project.write('blocked', 'a file where the folder should be');
    const own = { TARGET_JSONL_DESTINATION_PATH: 'blocked/deep' };
    expect((await project.meltano(['run', 'tap-csv', 'target-jsonl'], own)).status).toBe(1);
    rmSync(join(project.folder, 'blocked'));
    await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], own));
    expect(project.read('blocked/deep/checkins.jsonl').trimEnd().split('\n')).toHaveLength(2);
    expect(readdirSync(join(project.folder, 'blocked/deep')).filter((name) => !name.startsWith('.'))).toEqual(['checkins.jsonl']);
  });
});
