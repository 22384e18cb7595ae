import { expect, test } from 'vitest';
import { describeWithMeltano, type MeltanoProject, succeeded } from '../../support/meltano.ts';
import { DATA, MORE, prepared, ROWS, STATE_ID } from './csv-project.ts';

await describeWithMeltano('Meltano, a mapping between CSV and JSON lines', (meltano) => {
  const CLEANED = [
    { user: 'ann', timestamp: '2024-01-01T00:00:00Z', hours: 1.5, project: 'alpha' },
    { user: 'bo', timestamp: '2024-01-02T00:00:00Z', hours: 2, project: 'beta' },
  ];
  const records = (project: MeltanoProject, stream = 'checkins'): Record<string, unknown>[] =>
    project
      .read(`output/${stream}.jsonl`)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const pipe = ['run', 'tap-csv', 'clean-checkins', 'target-jsonl'];

  test('[107] the config that Meltano merges is all the mapper gets, and enough', async () => {
    const project = prepared(meltano);
    await succeeded(project.meltano(pipe));
    expect(project.calls().filter((call) => call.startsWith('transform-records'))).toEqual([
      expect.stringMatching(/^transform-records --config (?:(?! -).)+$/),
    ]);
    expect(records(project)).toEqual(
      CLEANED.map((record) => ({ ...record, checkin_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string })),
    );
  });

  test('[172] [173] settings of the mapper from the environment are laid under the mapping: objects, and their members', async () => {
    const project = prepared(meltano);
    project.write(DATA, `${ROWS},2024-01-03,3,alpha\ncy,some day,4,alpha\n`);
    const env = {
      TRANSFORM_RECORDS_QUARANTINE: JSON.stringify({ stream: 'refused' }),
      TRANSFORM_RECORDS_DEFAULTS: '{"zone": "UTC"}',
    };
    await succeeded(project.meltano(pipe, env));
    expect(records(project)).toHaveLength(2);
    expect(records(project, 'refused').map((record) => record['_q_rule'])).toEqual(['required', 'datetime-format']);
  });

  test('[168] the second run starts from the state of the first, which has passed the mapper', async () => {
    const project = prepared(meltano);
    await succeeded(project.meltano(pipe));
    project.write(DATA, ROWS + MORE);
    await succeeded(project.meltano(pipe));
    expect(records(project).map(({ user }) => user)).toEqual(['ann', 'bo', 'cy']);
    expect((await succeeded(project.meltano(['state', 'list']))).stdout).toContain(STATE_ID.jsonl);
  });

  test('[174] [175] when the mapper fails the run fails, and the next one loads what is missing', async () => {
    const project = prepared(meltano);
    await succeeded(project.meltano(pipe));
    project.write(DATA, `${ROWS + MORE}dee,2024-01-04,four,alpha\n`);
    const failed = await project.meltano(pipe, { TRANSFORM_RECORDS_QUARANTINE: '{"max": 0}' });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('too-many-quarantined');
    project.write(DATA, `${ROWS + MORE}dee,2024-01-04,4,alpha\n`);
    await succeeded(project.meltano(pipe));
    expect(new Set(records(project).map(({ user }) => user))).toEqual(new Set(['ann', 'bo', 'cy', 'dee']));
  });

  test('[177] [178] levels and metrics of the mapper show as such, debug too', async () => {
    const project = prepared(meltano);
    const { stderr } = await succeeded(project.meltano(['--log-level=debug', ...pipe]));
    const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes('transform-records'));
    expect(
      metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=2\b/.test(line)),
      metrics.join('\n'),
    ).toBe(true);
    expect(stderr).toMatch(/\[info +\].*transform-records.*Transformed/);
  });
});
