import { describe, expect, test } from 'vitest';
import { type Item, made, manyReleases } from '../../../support/github/index.ts';
import { read, readsWell } from './harness.ts';
import { second, items, numbers, fake, issue, pull } from './items.ts';

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
