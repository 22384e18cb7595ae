import { describe, expect, test } from 'vitest';
import { type Item, made } from '../../../support/github/index.ts';
import { NOON, readsWell, VirtualClock } from './harness.ts';
import { second, items, numbers, fake } from './items.ts';

describe('commits', () => {
  const commit = (n: number, date = second(n)): Item => {
    const whole = made('commit', n, { sha: `${n}`.padStart(40, '0'), node_id: `C_${n}` });
    return { ...whole, commit: { ...(whole['commit'] as Item), committer: { name: 'a', email: 'a@example.org', date } } };
  };
  const history = (count: number): Item[] => Array.from({ length: count }, (_, n) => commit(count - n));

  test('come once; later runs compare heads, so that old commits of a merged branch come, too', async () => {
    const github = await fake();
    const { commits } = github.world.add({ name: 'one', commits: history(250) });
    const first = await readsWell(github, 'commits');
    expect(new Set(numbers(first.rows, 'node_id')).size).toBe(250);
    expect(first.rows[0]).toMatchObject({ sha: '250'.padStart(40, '0'), commit_timestamp: second(250), repo: 'one' });
    const idle = await readsWell(github, 'commits', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    commits.unshift(commit(302), commit(301, '2001-01-01T00:00:00Z'));
    const next = await readsWell(github, 'commits', { bookmark: first.bookmark });
    expect(numbers(next.rows, 'node_id')).toEqual(['C_301', 'C_302']);
    expect((await readsWell(github, 'commits', { bookmark: next.bookmark })).rows).toEqual([]);
  });

  test('pushes while pages are read neither repeat nor hide a commit', async () => {
    const github = await fake();
    const { commits } = github.world.add({ name: 'one', commits: history(250) });
    github.before(/commits\?.*page=2/, 1, () => commits.unshift(commit(301)));
    const first = await readsWell(github, 'commits');
    expect(first.rows).toHaveLength(250);
    expect(numbers((await readsWell(github, 'commits', { bookmark: first.bookmark })).rows, 'node_id')).toEqual(['C_301']);
  });

  test('an interrupted run goes on with the pages of the same head, then compares', async () => {
    const github = await fake();
    const { commits } = github.world.add({ name: 'one', commits: history(250) });
    const first = await readsWell(github, 'commits', { batches: 1 });
    commits.unshift(commit(301));
    const rest = await readsWell(github, 'commits', { bookmark: first.bookmark });
    expect(rest.rows).toHaveLength(151);
    expect(new Set([...first.rows, ...rest.rows].map((row) => row['node_id'])).size).toBe(251);
    expect((await readsWell(github, 'commits', { bookmark: rest.bookmark })).rows).toEqual([]);
  });

  test('a head that is gone (force push) is told, and all is read again', async () => {
    const github = await fake();
    const repository = github.world.add({ name: 'one', commits: history(3) });
    const { bookmark } = await readsWell(github, 'commits');
    repository.commits = [commit(12), commit(11)];
    const next = await readsWell(github, 'commits', { bookmark });
    expect(numbers(next.rows, 'node_id')).toEqual(['C_12', 'C_11']);
    expect(next.said.map(({ message }) => message)).toContain(
      'The commit that was the newest is not there any more: all commits are read again',
    );
  });

  test('the state of MeltanoLabs’ tap counts as a start', async () => {
    const github = await fake();
    github.world.add({ name: 'one', commits: history(10) });
    const partitions = [
      { context: { org: 'octo', repo: 'one' }, replication_key: 'commit_timestamp', replication_key_value: second(8) },
      { context: { org: 'octo', repo: 'other' }, replication_key_value: second(8) },
    ];
    const { rows, bookmark } = await readsWell(github, 'commits', { bookmark: { partitions } });
    expect(numbers(rows, 'node_id')).toEqual(['C_10', 'C_9', 'C_8']);
    expect(bookmark?.['by_name']).toEqual({ 'octo/other': { since: second(8) } });
  });
});

describe('stargazers', () => {
  const star = (n: number): Item => ({ starred_at: second(n), user: made('simple-user', n, { id: n, login: `u${n}` }) });

  test('come once; later runs ask for the last page alone', async () => {
    const github = await fake();
    const { stargazers } = github.world.add({ name: 'one', stargazers: Array.from({ length: 250 }, (_, n) => star(n + 1)) });
    const first = await readsWell(github, 'stargazers');
    expect(numbers(first.rows, 'user_id')).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    const idle = await readsWell(github, 'stargazers', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    stargazers.push(star(300));
    const next = await readsWell(github, 'stargazers', { bookmark: first.bookmark });
    expect(next.rows).toMatchObject([{ user_id: 300, repo_id: 401_025, starred_at: second(300) }]);
  });

  test('new ones are found when stars that were taken away have emptied the last page', async () => {
    const github = await fake();
    const { stargazers } = github.world.add({ name: 'one', stargazers: Array.from({ length: 205 }, (_, n) => star(n + 1)) });
    const { bookmark } = await readsWell(github, 'stargazers');
    stargazers.splice(0, 50);
    stargazers.push(star(300), star(301));
    const next = await readsWell(github, 'stargazers', { bookmark });
    expect(numbers(next.rows, 'user_id')).toEqual([300, 301]);
  });

  test('one that is taken away while pages are read pushes none out', async () => {
    const github = await fake();
    const all = Array.from({ length: 250 }, (_, n) => star(n + 1));
    const { stargazers } = github.world.add({ name: 'one', stargazers: [...all] });
    github.before(/stargazers\?.*page=2/, 1, () => stargazers.splice(5, 1));
    const { rows } = await readsWell(github, 'stargazers');
    expect(numbers(rows, 'user_id')).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
  });

  test('new ones after a full last page are found', async () => {
    const github = await fake();
    const { stargazers } = github.world.add({ name: 'one', stargazers: Array.from({ length: 100 }, (_, n) => star(n + 1)) });
    const { bookmark } = await readsWell(github, 'stargazers');
    stargazers.push(star(300));
    const next = await readsWell(github, 'stargazers', { bookmark });
    expect(numbers(next.rows, 'user_id')).toEqual([300]);
    expect((await readsWell(github, 'stargazers', { bookmark: next.bookmark })).rows).toEqual([]);
  });
});

describe('workflow runs', () => {
  const day = (n: number): string => `${new Date(NOON - n * 86_400_000).toISOString().slice(0, 19)}Z`;
  const run = (n: number): Item => ({ created_at: day(n), updated_at: day(n), status: 'completed' });

  test('of the last 35 days are looked at again; older ones are neither asked for nor sent again', async () => {
    const github = await fake();
    const runs = items('workflow-run', 350, (n) => run(n / 4));
    github.world.add({ name: 'one', runs });
    const clock = new VirtualClock(NOON);
    const first = await readsWell(github, 'workflow_runs', { clock });
    expect(first.rows).toHaveLength(350);
    const idle = await readsWell(github, 'workflow_runs', { clock, bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    runs[120] = { ...runs[120]!, status: 'queued' };
    runs[340] = { ...runs[340]!, status: 'queued' };
    clock.pass(25 * 3_600_000);
    const next = await readsWell(github, 'workflow_runs', { clock, bookmark: idle.bookmark });
    expect(numbers(next.rows)).toEqual([121]);
  });
});
