import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, afterAll } from 'vitest';
import { BigQueryDouble } from '../../support/bigquery/double.ts';
import { findMeltano, meltanoProject, type MeltanoProject } from '../../support/meltano.ts';
import { executable, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const HEAD = 'user,timestamp,hours,project\n';
const ROWS = `${HEAD}ann,2024-01-01,1.5,alpha\nbo,2024-01-02,2,beta\n`;
const MORE = 'cy,2024-01-03,3,alpha\n';
const ROWS_MANY = 6000;
const MANY = Array.from({ length: ROWS_MANY }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(80)}\n`).join('');
const STATE_ID = 'dev:tap-csv-to-target-bigquery';

const double = new BigQueryDouble();
beforeAll(() => double.start());
afterAll(() => double.stop());
const users = (dataset: string, table = 'checkins'): unknown[] => double.rows(dataset, table).map(({ user }) => user);

async function succeeded(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.status, finished.stderr.slice(-4000)).toBe(0);
  return finished;
}

describe('a shell pipe into BigQuery', () => {
  const shell = (folder: string, script: string): Promise<Finished> => {
    const env = { TAP: executable('tap-csv'), TARGET: executable('target-bigquery') };
    return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env });
  };
  const prepared = (dataset: string): string => {
    const folder = temporaryFolder();
    const files = [{ entity: 'checkins', path: 'checkins.csv', strict: true }];
    writeFileSync(join(folder, 'tap.json'), JSON.stringify({ files, state_interval_records: 1000 }));
    const place = { project: double.project, dataset, api_endpoint: double.url, denormalized: true };
    const often = { load_interval_seconds: 0, batch_size_rows: 1000 };
    writeFileSync(join(folder, 'target.json'), JSON.stringify({ ...place, ...often }));
    return folder;
  };
  const loop = `"$TAP" --config tap.json --state state.json | "$TARGET" --config target.json >> states; status=$?; tail -1 states > state.json; exit $status`;

  test('[179] the loop of state and tail is incremental, also when a run has nothing new', async () => {
    const folder = prepared('looped');
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    await succeeded(shell(folder, `echo '{}' > state.json; ${loop}`));
    await succeeded(shell(folder, loop));
    expect(users('looped')).toEqual(['ann', 'bo']);
    appendFileSync(join(folder, 'checkins.csv'), MORE);
    await succeeded(shell(folder, loop));
    await succeeded(shell(folder, loop));
    expect(users('looped')).toEqual(['ann', 'bo', 'cy']);
  });

  test(
    '[180] a failing tap, middle or target gives a non-zero status, and the last state loads the rest',
    { timeout: 60_000 },
    async () => {
      const folder = prepared('broken');
      writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${MANY}one,cell,too,many,here\n`);
      expect((await shell(folder, `echo '{}' > state.json; ${loop}`)).status).toBe(1);
      expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toHaveProperty('bookmarks');
      writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${MANY}`);
      const cut = loop.replace('| "$TARGET"', '| (head -c 300000; exit 3) | "$TARGET"');
      expect((await shell(folder, cut)).status).not.toBe(0);
      expect((await shell(folder, loop.replace('--config target.json', '--config missing.json'))).status).toBe(2);
      await succeeded(shell(folder, loop));
      expect(new Set(users('broken')).size).toBe(ROWS_MANY);
    },
  );
});

const found = await findMeltano();
if ('missing' in found) {
  describe.skip(`Meltano, to a double of BigQuery (skipped: ${found.missing})`, () => {
    test('runs it', () => undefined);
  });
} else {
  withMeltano(found.path);
}

function withMeltano(meltano: string): void {
  const env = (dataset: string): Record<string, string> => ({
    TARGET_BIGQUERY_PROJECT: double.project,
    TARGET_BIGQUERY_DATASET: dataset,
    TARGET_BIGQUERY_API_ENDPOINT: double.url,
    TARGET_BIGQUERY_DENORMALIZED: 'true',
    TAP_CSV_FILES: JSON.stringify(['one', 'two'].map((entity) => ({ entity, path: `${entity}.csv`, keys: [], strict: true }))),
  });
  const prepared = (one = ROWS): MeltanoProject => {
    const project = meltanoProject(meltano);
    project.write('one.csv', one);
    project.write('two.csv', ROWS);
    return project;
  };
  const pipe = ['tap-csv', 'target-bigquery'];
  const stateOf = async (project: MeltanoProject): Promise<{ readonly bookmarks: object }> => {
    const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID]));
    return (JSON.parse(stdout) as { readonly singer_state: { readonly bookmarks: object } }).singer_state;
  };

  describe('Meltano, to a double of BigQuery', { timeout: 120_000 }, () => {
    test('[167] meltano config test passes', async () => {
      const project = prepared();
      const { status, stderr } = await project.meltano(['--environment=dev', 'config', 'test', 'target-bigquery'], env('tested'));
      expect(stderr).toContain('Test data was written to your target system');
      // Meltano ends a target that has ended already.
      if (status !== 0) expect(stderr).toContain('ProcessLookupError');
    });

    test('[172] [177] [178] settings from the environment, lists and objects too; debug level, levels and metrics', async () => {
      const own = {
        ...env('told'),
        TARGET_BIGQUERY_CLUSTERING_FIELDS: '["project"]',
        TARGET_BIGQUERY_LABELS: '{"team":"data"}',
        TARGET_BIGQUERY_STREAM_OPTIONS: '{"one":{"add_record_metadata":false}}',
      };
      const { stderr } = await succeeded(prepared().meltano(['--log-level=debug', 'run', ...pipe], own));
      const { resource } = double.datasets.get('told')!.tables.get('one')!;
      expect(resource).toMatchObject({ clustering: { fields: ['project'] }, labels: { team: 'data' } });
      expect(resource.schema!.fields).toHaveLength(4);
      expect(stderr).toMatch(/\[debug +\].*target-bigquery/);
      const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes('target-bigquery'));
      expect(
        metrics.some((line) => /metric_name=record_count\b/.test(line)),
        metrics.join('\n'),
      ).toBe(true);
    });

    test('[169] [170] a full refresh of one stream keeps the bookmarks of the other; the strategy merge gives what auto gives', async () => {
      const project = prepared();
      await succeeded(project.meltano(['run', '--state-strategy', 'merge', ...pipe], env('refreshed')));
      const merged = await stateOf(project);
      await succeeded(project.meltano(['run', ...pipe], env('refreshed')));
      expect(await stateOf(project)).toEqual(merged);
      project.calls();
      const only = { ...env('refreshed'), TAP_CSV__SELECT_FILTER: '["one"]' };
      await succeeded(project.meltano(['run', '--full-refresh', ...pipe], only));
      expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
      expect([users('refreshed', 'one').length, users('refreshed', 'two').length]).toEqual([4, 2]);
      expect(Object.keys((await stateOf(project)).bookmarks).toSorted()).toEqual(['one', 'two']);
    });

    test('[174] [175] when the tap or the target fails the run fails; the stored state is the last committed one, and the next run loads the rest', async () => {
      const project = prepared(`${HEAD}${MANY}one cell too many,2,3,4,5\n`);
      const own = {
        ...env('failing'),
        TARGET_BIGQUERY_LOAD_INTERVAL_SECONDS: '0',
        TARGET_BIGQUERY_BATCH_SIZE_ROWS: '1000',
        TAP_CSV_STATE_INTERVAL_RECORDS: '1000',
      };
      expect((await project.meltano(['run', ...pipe], own)).status).toBe(1);
      const covered = Number(/"rows": (\d+)/.exec(JSON.stringify(await stateOf(project), null, 1))?.[1]);
      expect(covered).toBeGreaterThan(0);
      expect(users('failing', 'one').length).toBeGreaterThanOrEqual(covered);
      project.write('one.csv', `${HEAD}${MANY}`);
      double.fault = ({ body }) =>
        JSON.stringify(body ?? '').includes('tapline_append_') ? { status: 403, reason: 'quotaExceeded' } : undefined;
      const failed = await project.meltano(['run', ...pipe], own);
      double.fault = () => undefined;
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain('quota');
      await succeeded(project.meltano(['run', ...pipe], own));
      expect(new Set(users('failing', 'one')).size).toBe(ROWS_MANY);
      expect(new Set(users('failing', 'two'))).toEqual(new Set(['ann', 'bo']));
    });
  });
}
