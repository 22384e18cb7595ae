import { describe, expect, test } from 'vitest';
import { type GitHub, gitHub, type Item, made, manyReleases } from '../../../support/github/index.ts';
import { NOON, read, readsWell, VirtualClock } from './harness.ts';

const second = (n: number): string => `${new Date(Date.parse('2026-01-01T00:00:00Z') + n * 1000).toISOString().slice(0, 19)}Z`;
const items = (component: string, count: number, changes: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => made(component, n + 1, { id: n + 1, ...changes(n + 1) }));
const numbers = (rows: readonly Item[], name = 'id'): unknown[] => rows.map((row) => row[name]);

async function fake(): Promise<GitHub> {
  const github = await gitHub({ now: () => NOON });
  github.world.token('ghp_test');
  return github;
}

const issue = (n: number): Item => ({ number: n, updated_at: second(n), state: n % 2 === 0 ? 'open' : 'closed' });

describe('issues', () => {
  test('come once, oldest change first, open and closed; a third run costs one request that is free', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    const first = await readsWell(github, 'issues');
    expect(numbers(first.rows)).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    expect(first.rows[0]).toMatchObject({ org: 'octo', repo: 'one', repo_id: 401_025, type: 'pull_request' });
    const next = await readsWell(github, 'issues', { bookmark: first.bookmark });
    expect(next.rows).toEqual([]);
    const third = await readsWell(github, 'issues', { bookmark: next.bookmark });
    expect([third.rows, third.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
  });

  test('one that is changed while pages are read is sent, and pushes no other one out', async () => {
    const github = await fake();
    const { issues } = github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    github.before(/issues\?.*since/, 1, () => {
      // The first of page one moves to the end: by page number the 101st would be missed.
      issues[0] = { ...issues[0]!, updated_at: second(1000) };
    });
    const { rows } = await readsWell(github, 'issues');
    expect(new Set(numbers(rows)).size).toBe(250);
    expect(rows.at(-1)).toMatchObject({ id: 1, updated_at: second(1000) });
  });

  test('more than a page of one second are all read, and none again', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, (n) => ({ ...issue(n), updated_at: second(7) })) });
    const first = await readsWell(github, 'issues');
    expect(new Set(numbers(first.rows)).size).toBe(250);
    expect((await readsWell(github, 'issues', { bookmark: first.bookmark })).rows).toEqual([]);
  });

  test('a start date that is later than the bookmark wins', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 10, issue) });
    const { bookmark } = await readsWell(github, 'issues', { config: { repositories: ['octo/one'] } });
    github.world.repositories[0]!.issues = items('issue', 30, issue);
    expect(numbers((await readsWell(github, 'issues', { bookmark, config: { start_date: second(28) } })).rows)).toEqual([
      28, 29, 30,
    ]);
  });

  test('one changed in the very second of the bookmark is not lost', async () => {
    const github = await fake();
    const { issues } = github.world.add({ name: 'one', issues: items('issue', 3, issue) });
    const { bookmark } = await readsWell(github, 'issues');
    issues.push(made('issue', 9, { id: 9, number: 9, state: 'open', updated_at: second(3) }));
    expect(numbers((await readsWell(github, 'issues', { bookmark })).rows)).toEqual([9]);
  });

  test('a start date is sent as since; one of 1970, which GitHub answers with nothing, is not', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 10, issue) });
    const late = await readsWell(github, 'issues', { config: { start_date: '2026-01-01T00:00:08Z' } });
    expect(numbers(late.rows)).toEqual([8, 9, 10]);
    const early = await readsWell(github, 'issues', { config: { start_date: '1970-01-01' } });
    expect(early.rows).toHaveLength(10);
    const own = await readsWell(github, 'issues', {
      config: { start_date: '1970-01-01', start_dates: { issues: '2026-01-01T00:00:10Z' } },
    });
    expect(numbers(own.rows)).toEqual([10]);
  });

  test('a run that stops in between goes on with the next page', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    const first = await readsWell(github, 'issues', { batches: 2 });
    expect(first.rows).toHaveLength(199);
    const rest = await readsWell(github, 'issues', { bookmark: first.bookmark });
    expect(numbers(rest.rows)).toEqual(Array.from({ length: 51 }, (_, n) => n + 200));
  });
});

test('comments of issues come with the number of their issue', async () => {
  const github = await fake();
  const comment = (n: number): Item => ({
    updated_at: second(n),
    issue_url: `https://api.github.com/repos/octo/one/issues/${n * 7}`,
  });
  github.world.add({ name: 'one', issueComments: items('issue-comment', 120, comment) });
  const { rows, bookmark } = await readsWell(github, 'issue_comments');
  expect(rows).toHaveLength(120);
  expect(rows[2]).toMatchObject({ id: 3, issue_number: 21 });
  expect((await readsWell(github, 'issue_comments', { bookmark })).rows).toEqual([]);
});

const pull = (n: number): Item => ({ number: n, state: 'closed', updated_at: second(n) });

describe('pull requests', () => {
  test('come once; of later runs only those that have changed, and the first page alone is asked for', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 250, pull) });
    const first = await readsWell(github, 'pull_requests');
    expect(new Set(numbers(first.rows)).size).toBe(250);
    const idle = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    pulls[9] = { ...pulls[9]!, updated_at: second(999) };
    const next = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(numbers(next.rows)).toEqual([10]);
    expect(next.calls.filter((call) => call.includes('/pulls'))).toHaveLength(1);
  });

  test('one that is changed while pages are read comes with the next run; none is missed or sent twice', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 250, pull) });
    github.before(/pulls\?.*page=2/, 1, () => {
      pulls[0] = { ...pulls[0]!, updated_at: second(1000) };
    });
    const first = await readsWell(github, 'pull_requests');
    expect(new Set(numbers(first.rows)).size).toBe(first.rows.length);
    const next = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(new Set([...numbers(first.rows), ...numbers(next.rows)]).size).toBe(250);
    expect(next.rows).toMatchObject([{ id: 1, updated_at: second(1000) }]);
  });

  test('an interrupted run goes on where it was, and then reads what is newer', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 350, pull) });
    const first = await readsWell(github, 'pull_requests', { batches: 2 });
    expect(first.rows).toHaveLength(200);
    pulls[349] = { ...pulls[349]!, updated_at: second(2000) };
    const rest = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(numbers(rest.rows)).toEqual([...Array.from({ length: 150 }, (_, n) => 150 - n), 350]);
    expect((await readsWell(github, 'pull_requests', { bookmark: rest.bookmark })).rows).toEqual([]);
  });

  test('a start date ends the first walk', async () => {
    const github = await fake();
    github.world.add({ name: 'one', pulls: items('pull-request-simple', 350, pull) });
    const { rows, calls } = await readsWell(github, 'pull_requests', { config: { start_date: second(300) } });
    expect(numbers(rows)).toEqual(Array.from({ length: 51 }, (_, n) => 350 - n));
    expect(calls.filter((call) => call.includes('/pulls'))).toHaveLength(1);
  });
});

describe('reviews', () => {
  const review = (id: number, changes: Item = {}): Item => made('pull-request-review', id, { id, state: 'APPROVED', ...changes });

  test('are asked for only of pull requests that have changed, and sent only if they are new or changed', async () => {
    const github = await fake();
    const reviews = new Map([1, 2, 3].map((n) => [n, [review(n * 10), review(n * 10 + 1)]]));
    const { pulls } = github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 3, pull) });
    const first = await readsWell(github, 'reviews');
    expect(new Set(numbers(first.rows))).toEqual(new Set([10, 11, 20, 21, 30, 31]));
    expect(first.rows[0]).toMatchObject({ pull_id: 3, pull_number: 3, org: 'octo', repo: 'one' });
    const idle = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    reviews.set(2, [review(20), review(21, { state: 'DISMISSED' }), review(22)]);
    pulls[1] = { ...pulls[1]!, updated_at: second(99) };
    const next = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect(next.rows.map(({ id, state }) => [id, state])).toEqual([
      [21, 'DISMISSED'],
      [22, 'APPROVED'],
    ]);
    expect(next.calls.filter((call) => call.includes('/reviews'))).toHaveLength(1);
  });

  test('a pull request that is gone is told; the reviews of the others come', async () => {
    const github = await fake();
    const reviews = new Map([1, 2, 3].map((n) => [n, [review(n)]]));
    github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 3, pull) });
    github.fault(/pulls\/2\/reviews/, 'not-found', { times: 2 });
    const { rows, said } = await readsWell(github, 'reviews');
    expect(numbers(rows)).toEqual([3, 1]);
    expect(JSON.stringify(said)).toContain('octo/one#2');
    expect((await read(github, 'reviews', { config: { strict: true } })).error).toMatchObject({ code: 'skipped' });
  });

  test('an interrupted run does not ask again for pull requests that are done', async () => {
    const github = await fake();
    const reviews = new Map(Array.from({ length: 40 }, (_, n) => [n + 1, [review(n + 1)]]));
    github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 40, pull) });
    const first = await readsWell(github, 'reviews', { batches: 20 });
    const rest = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect(rest.calls.filter((call) => call.includes('/reviews')).length).toBeLessThanOrEqual(21);
    expect(new Set([...numbers(first.rows), ...numbers(rest.rows)]).size).toBe(40);
  });
});

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

describe('repositories and tags', () => {
  test('a repository comes when something of it has changed', async () => {
    const github = await fake();
    const repository = github.world.add({ name: 'one', topics: ['a'] });
    const first = await readsWell(github, 'repositories');
    expect(first.rows).toMatchObject([{ id: 401_025, org: 'octo', repo: 'one', full_name: 'octo/one', topics: ['a'] }]);
    const idle = await readsWell(github, 'repositories', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls]).toEqual([[], ['304 /repos/octo/one']]);
    repository.topics = ['a', 'b'];
    expect((await readsWell(github, 'repositories', { bookmark: first.bookmark })).rows).toMatchObject([{ topics: ['a', 'b'] }]);
  });

  test('a tag comes when it is new or moved', async () => {
    const github = await fake();
    const tag = (name: string, sha: string): Item => made('tag', 1, { name, commit: { sha, url: 'https://example.org' } });
    const repository = github.world.add({ name: 'one', tags: [tag('v2', 'b'), tag('v1', 'a')] });
    const first = await readsWell(github, 'tags');
    expect(numbers(first.rows, 'name')).toEqual(['v2', 'v1']);
    repository.tags = [tag('v3', 'c'), tag('v2', 'x'), tag('v1', 'a')];
    const next = await readsWell(github, 'tags', { bookmark: first.bookmark });
    expect(numbers(next.rows, 'name')).toEqual(['v3', 'v2']);
  });
});

test('a repository that is named anew, or whose name was given to another one, is told by its number', async () => {
  const github = await fake();
  const repository = github.world.add({ name: 'one', issues: items('issue', 3, issue) });
  const { bookmark } = await readsWell(github, 'issues');
  github.world.rename(repository, 'octo', 'renamed');
  const renamed = await readsWell(github, 'issues', { bookmark, config: { repositories: ['octo/renamed'] } });
  expect(renamed.rows).toEqual([]);
  repository.former.pop();
  github.world.add({ name: 'one', issues: items('issue', 2, issue) });
  const other = await readsWell(github, 'issues', { bookmark });
  expect(other.rows.map(({ id, repo_id }) => [id, repo_id])).toEqual([
    [1, 401_026],
    [2, 401_026],
  ]);
});

test('a field that nobody has announced is told once, and a field that is missing or null is no trouble', async () => {
  const github = await fake();
  github.world.add({ name: 'one', releases: manyReleases(3) });
  const odd = manyReleases(3).map((release, n) => ({
    ...release,
    tag_name: ['🏷️/../ü%00?page=9', ' ', 'v\u2028"\\'][n]!,
    author: null,
    name: null,
    body: null,
    surprise: n,
    assets: [{ ...release.assets[0]!, uploader: null }],
    html_url: undefined,
  }));
  github.say(/releases/, JSON.stringify(odd));
  const { rows, said } = await readsWell(github, 'releases');
  expect(rows.map((row) => [row['tag_name'], row['author'], row['assets']])).toEqual(
    odd.map(({ tag_name, assets }) => [tag_name, null, assets]),
  );
  expect(rows.some((row) => 'surprise' in row)).toBe(false);
  expect(said.filter(({ level }) => level === 'warning').map(({ fields }) => fields)).toEqual([
    { stream: 'releases', property: 'surprise' },
  ]);
});

test.each([
  ['tags', items('tag', 100, (n) => ({ name: `v${n}` }))],
  ['issues', items('issue', 100, () => ({ number: 1, updated_at: second(1), state: 'open' }))],
  ['pull_requests', items('pull-request-simple', 100, pull)],
  ['stargazers', items('stargazer', 100, (n) => ({ starred_at: second(n), user: made('simple-user', n) }))],
  ['workflow_runs', { total_count: 300, workflow_runs: items('workflow-run', 100, () => ({ created_at: second(1) })) }],
] as const)('%s of a server that gives one page again and again are an error, not a run without an end', async (stream, page) => {
  const github = await fake();
  github.world.add({
    name: 'one',
    tags: items('tag', 500, () => ({})),
    issues: items('issue', 500, issue),
    pulls: items('pull-request-simple', 500, pull),
    stargazers: items('stargazer', 500, (n) => ({ user: made('simple-user', n) })),
    runs: items('workflow-run', 500, () => ({})),
  });
  for (let time = 0; time < 5; time++) github.say(/per_page/, JSON.stringify(page));
  expect((await read(github, stream)).error).toMatchObject({ code: 'circular-link' });
});

test.each(['releases', 'issues', 'pull_requests', 'commits', 'stargazers', 'repositories', 'release_asset_downloads'])(
  '%s: a server that says, without having been asked, that nothing has changed is an error',
  async (stream) => {
    const github = await fake();
    github.world.add({ name: 'one' });
    github.fault(/repos\/octo\/one/, 'unasked-304', { after: stream === 'repositories' ? 0 : 1 });
    expect((await read(github, stream)).error).toMatchObject({ code: 'answer-shape' });
  },
);

test('an answer without what it must hold is an error, never no records', async () => {
  const github = await fake();
  github.world.add({ name: 'one', issues: [] });
  github.fault(/\/issues/, 'a-list-of-numbers');
  expect((await read(github, 'issues')).error).toMatchObject({ code: 'answer-shape' });
});
