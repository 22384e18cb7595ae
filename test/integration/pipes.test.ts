import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../support/postgres.ts';
import { executable, root, run, type Finished } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

const HEAD = 'user,timestamp,hours,project\n';
const ROWS = `${HEAD}ann,2024-01-01,1.5,alpha\nbo,2024-01-02,2,beta\n`;

describe('a shell pipe into JSON lines', () => {
  const shell = (folder: string, script: string): Promise<Finished> => {
    writeFileSync(
      join(folder, 'tap.json'),
      JSON.stringify({ files: [{ entity: 'checkins', path: 'checkins.csv', strict: true }] }),
    );
    writeFileSync(join(folder, 'target.json'), JSON.stringify({ destination_path: '.' }));
    writeFileSync(
      join(folder, 'rules.json'),
      JSON.stringify({ transforms: { checkins: { fields: { user: 'upper', hours: { number: {}, on_error: 'fail' } } } } }),
    );
    const env = { TAP: executable('tap-csv'), MAPPER: executable('transform-records'), TARGET: executable('target-jsonl') };
    return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env });
  };
  const lines = (folder: string): string[] => readFileSync(join(folder, 'checkins.jsonl'), 'utf8').trimEnd().split('\n');
  const loop =
    '"$TAP" --config tap.json --catalog catalog.json --state state.json | "$TARGET" --config target.json >> states; status=$?; tail -1 states > state.json; exit $status';

  test('[179] the loop of catalog, state and tail is incremental, also when a run has nothing new', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    await succeeded(shell(folder, `echo '{}' > state.json; "$TAP" --config tap.json --discover > catalog.json; ${loop}`));
    expect(lines(folder)).toHaveLength(2);
    await succeeded(shell(folder, loop));
    expect(lines(folder)).toHaveLength(2);
    appendFileSync(join(folder, 'checkins.csv'), 'cy,2024-01-03,3,alpha\n');
    await succeeded(shell(folder, loop));
    await succeeded(shell(folder, loop));
    expect(lines(folder).map((line) => (JSON.parse(line) as { user: string }).user)).toEqual(['ann', 'bo', 'cy']);
  });

  const mapped = loop.replace('| "$TARGET"', '| "$MAPPER" --config rules.json | "$TARGET"');

  test('[179] with a mapper in its midst it is incremental, too', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    await succeeded(shell(folder, `echo '{}' > state.json; "$TAP" --config tap.json --discover > catalog.json; ${mapped}`));
    appendFileSync(join(folder, 'checkins.csv'), 'cy,2024-01-03,3,alpha\n');
    await succeeded(shell(folder, mapped));
    await succeeded(shell(folder, mapped));
    expect(lines(folder).map((line) => (JSON.parse(line) as { user: string }).user)).toEqual(['ANN', 'BO', 'CY']);
  });

  test('[180] a failing mapper gives a non-zero status, and no state ahead of the data', async () => {
    const folder = temporaryFolder();
    const good = Array.from({ length: 20_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(80)}\n`).join('');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}last,2024-01-01,many,beta\n`);
    const failed = await shell(folder, `echo '{}' > state.json; "$TAP" --config tap.json --discover > catalog.json; ${mapped}`);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('transform-failed');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}last,2024-01-01,2,beta\n`);
    await succeeded(shell(folder, mapped));
    expect(new Set(lines(folder).map((line) => (JSON.parse(line) as { user: string }).user)).size).toBe(20_001);
  });

  test('[180] a failing tap gives a non-zero status and a last state from which the rest is loaded once', async () => {
    const folder = temporaryFolder();
    const good = Array.from({ length: 20_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(80)}\n`).join('');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}one,cell,too,many,here\n`);
    const failed = await shell(folder, `echo '{}' > state.json; "$TAP" --config tap.json --discover > catalog.json; ${loop}`);
    expect(failed.status).toBe(1);
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toHaveProperty('bookmarks');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}`);
    await succeeded(shell(folder, loop));
    expect(new Set(lines(folder)).size).toBe(20_000);
  });

  test('[180] a failing part in the middle gives a non-zero status, and no state ahead of the data', async () => {
    const folder = temporaryFolder();
    const good = Array.from({ length: 20_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(80)}\n`).join('');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}`);
    const cut = `"$TAP" --config tap.json | (head -c 1000000; exit 3) | "$TARGET" --config target.json >> states`;
    expect((await shell(folder, cut)).status).not.toBe(0);
    await succeeded(
      shell(
        folder,
        `tail -1 states > state.json; "$TAP" --config tap.json --state state.json | "$TARGET" --config target.json >> states`,
      ),
    );
    expect(new Set(lines(folder)).size).toBe(20_000);
  });

  test('[180] a failing target gives a non-zero status and keeps the state before it usable', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    await succeeded(shell(folder, `echo '{}' > state.json; "$TAP" --config tap.json --discover > catalog.json; ${loop}`));
    const before = readFileSync(join(folder, 'state.json'), 'utf8');
    appendFileSync(join(folder, 'checkins.csv'), 'cy,2024-01-03,3,alpha\n');
    expect((await shell(folder, loop.replace('--config target.json', '--config missing.json'))).status).toBe(2);
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe(before);
    await succeeded(shell(folder, loop));
    expect(lines(folder)).toHaveLength(3);
  });
});

describeWithPostgres('a shell pipe into Postgres', (url) => {
  const shell = (folder: string, script: string): Promise<Finished> => {
    const env = { TAP: executable('tap-csv'), TARGET: executable('target-postgres') };
    return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env });
  };
  const prepared = (schema: string): string => {
    const folder = temporaryFolder();
    const files = [{ entity: 'checkins', path: 'checkins.csv', strict: true }];
    writeFileSync(join(folder, 'tap.json'), JSON.stringify({ files, state_interval_records: 1000 }));
    const target = { url: url(), default_target_schema: schema, batch_size_rows: 1000 };
    writeFileSync(join(folder, 'target.json'), JSON.stringify(target));
    return folder;
  };
  const count = async (schema: string): Promise<{ rows: number; users: number } | undefined> => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    const sql = `SELECT count(*)::int AS rows, count(DISTINCT "user")::int AS users FROM ${schema}.checkins`;
    const { rows } = await client.query<{ rows: number; users: number }>(sql);
    await client.end();
    return rows[0];
  };
  const loop = `"$TAP" --config tap.json --state state.json | "$TARGET" --config target.json >> states; status=$?; tail -1 states > state.json; exit $status`;

  test('[179] the loop of state and tail is incremental, also when a run has nothing new', async () => {
    const folder = prepared('looped');
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    await succeeded(shell(folder, `echo '{}' > state.json; ${loop}`));
    await succeeded(shell(folder, loop));
    expect(await count('looped')).toEqual({ rows: 2, users: 2 });
    appendFileSync(join(folder, 'checkins.csv'), 'cy,2024-01-03,3,alpha\n');
    await succeeded(shell(folder, loop));
    await succeeded(shell(folder, loop));
    expect(await count('looped')).toEqual({ rows: 3, users: 3 });
  });

  test('[180] a failing tap, middle or target gives a non-zero status, and the last state loads the rest', async () => {
    const folder = prepared('broken');
    const good = Array.from({ length: 20_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(80)}\n`).join('');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}one,cell,too,many,here\n`);
    expect((await shell(folder, `echo '{}' > state.json; ${loop}`)).status).toBe(1);
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toHaveProperty('bookmarks');
    writeFileSync(join(folder, 'checkins.csv'), `${HEAD}${good}`);
    const cut = loop.replace('| "$TARGET"', '| (head -c 1000000; exit 3) | "$TARGET"');
    expect((await shell(folder, cut)).status).not.toBe(0);
    expect((await shell(folder, loop.replace('--config target.json', '--config missing.json'))).status).toBe(2);
    await succeeded(shell(folder, loop));
    expect((await count('broken'))?.users).toBe(20_000);
  });
});

describeWithPostgres('examples/csv-to-postgres', (url) => {
  test('moves everything once, then nothing, then what was appended', async () => {
    const folder = temporaryFolder();
    const client = new Client({ connectionString: url() });
    await client.connect();
    const load = async (): Promise<number | undefined> => {
      const options = { cwd: folder, env: { TARGET_POSTGRES_URL: url() } };
      await succeeded(run(join(root, 'examples/csv-to-postgres/run.sh'), [], options));
      const { rows } = await client.query<{ rows: number }>('SELECT count(*)::int AS rows FROM public.checkins');
      return rows[0]?.rows;
    };
    writeFileSync(join(folder, 'checkins.csv'), ROWS);
    expect(await load()).toBe(2);
    expect(await load()).toBe(2);
    appendFileSync(join(folder, 'checkins.csv'), 'cy,2024-01-03,3,alpha\n');
    expect(await load()).toBe(3);
    await client.end();
  });
});

async function succeeded(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.status, finished.stderr).toBe(0);
  return finished;
}
