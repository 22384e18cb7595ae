import process from 'node:process';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { cloneProject, visibleFiles } from '../support/clone.ts';
import { gone, run, start } from '../support/processes.ts';

/** The demo's own server, whatever the tests run on. */
const env = { DATABASE_URL: '' };

describe('npm run demo', () => {
  const folder = cloneProject();
  const before = visibleFiles(folder);
  const options = { cwd: folder, env };

  test('loads the file, then only the two new rows, and leaves nothing to commit', async () => {
    const { status, stdout, stderr } = await run(process.execPath, ['scripts/demo.mjs'], options);
    expect(stderr).toBe('');
    expect(stdout).toContain('20,500 rows read; the table has 20,495');
    expect(stdout).toContain('5 rows name nobody: they are in checkins__quarantine');
    expect(stdout).toMatch(/checkins \{"user":"grace".*\n *transforms.checkins.fields:\n *checkins \{"user":"[\da-f]{32}"/);
    expect(stdout).toContain('2 rows read; the table has 20,497');
    expect(status).toBe(0);
    expect(visibleFiles(folder)).toEqual(before);
  });

  test('with --keep leaves a server that can be reached and stopped as it says', async () => {
    const { status, stdout } = await run(process.execPath, ['scripts/demo.mjs', '--keep'], options);
    expect(status).toBe(0);
    const pid = Number(/stop +kill (\d+)/.exec(stdout)?.[1]);
    try {
      const client = new Client({ connectionString: /postgresql:\S+/.exec(stdout)?.[0] });
      await client.connect();
      const { rows } = await client.query('SELECT count(*)::int AS rows FROM checkins');
      await client.end();
      expect(rows).toEqual([{ rows: 20_497 }]);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    await gone(pid);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stopped by %s leaves no process and says so with its exit code', async (signal, code) => {
    const demo = start(process.execPath, ['scripts/demo.mjs'], options);
    await demo.seen(/A Postgres server of our own is up/);
    const supervisors = await serversOf(demo.child.pid ?? 0);
    expect(supervisors).toHaveLength(1);
    demo.child.kill(signal);
    expect((await demo.finished).status).toBe(code);
    for (const pid of supervisors) await gone(pid);
  });
});

/** Processes that this one started and that supervise a server. */
async function serversOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => Number(match?.[2]) === pid && match?.[3]?.includes('postgres-supervisor'))
    .map((match) => Number(match?.[1]));
}
