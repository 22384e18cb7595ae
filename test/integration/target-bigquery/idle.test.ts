import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { executable, start } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const PEOPLE = schema('people', { id: { type: 'integer' } });

function lines(...messages: readonly object[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

test('a tap that stays connected and says nothing holds no state back: it is printed when its rows are there', async () => {
  const double = await startDouble();
  const config = join(temporaryFolder(), 'config.json');
  const settings = { project: double.project, dataset: 'd', api_endpoint: double.url, denormalized: true };
  // Batches of one record leave at once, and wait on the disk for their load job.
  const soon = { batch_size_rows: 1, load_interval_seconds: 1, max_state_age_seconds: 0.3 };
  writeFileSync(config, JSON.stringify({ ...settings, ...soon }));
  const target = start(executable('target-bigquery'), ['--config', config]);
  target.child.stdin!.write(
    lines(PEOPLE, record('people', { id: 1 }), state({ at: 1 }), record('people', { id: 2 }), state({ at: 2 })),
  );
  await target.seen(/^\{"at":2\}$/m);
  expect(double.rows('d', 'people').map(({ id }) => id)).toEqual(['1', '2']);
  // The interval still holds: not each of the two had a job of its own.
  expect(double.jobs.size).toBe(1);
  target.child.stdin!.end();
  expect((await target.finished).status).toBe(0);
});

test('fifty streams do not wait for one another: one job each, all under way at once', async () => {
  const double = await startDouble({ looks: 1 });
  const names = Array.from({ length: 50 }, (_, i) => `s${i}`);
  // No job is done before all have been handed in.
  double.fault = ({ method, path }) => {
    if (method === 'GET' && path.includes('/jobs/') && double.jobs.size < names.length)
      for (const job of double.jobs.values()) job.looks = 1;
    return undefined;
  };
  const turns = [1, 2, 3].flatMap((id) => [...names.map((name) => record(name, { id })), state({ at: id })]);
  const schemas = names.map((name) => schema(name, { id: { type: 'integer' } }));
  const said = await loadInto(double, [...schemas, ...turns], { settings: { batch_size_rows: 20, timeout: 20 } });
  expect(double.jobs.size).toBe(names.length);
  for (const name of names) expect(double.rows('d', name)).toHaveLength(3);
  expect(said.states.at(-1)).toBe('{"at":3}');
});
