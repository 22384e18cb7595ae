import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open } from '../../../../taps/github/open.ts';
import type { GithubConfig } from '../../../../taps/github/settings.ts';
import { type GitHub, gitHub, manyReleases } from '../../../support/github/index.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { memoryLog, runOf } from '../csv/harness.ts';
import { configOf, NOON, readsWell, VirtualClock } from './harness.ts';

async function fake(): Promise<GitHub> {
  const github = await gitHub({ now: () => NOON });
  const { world } = github;
  world.token('ghp_test');
  world.users.set('ada', 7);
  world.add({ name: 'one' });
  world.add({ name: 'two', archived: true, topics: ['tap'] });
  world.add({ name: 'two-more', fork: true });
  world.add({ name: 'secret', private: true });
  world.add({ owner: 'ada', name: 'engine', topics: ['tap'] });
  world.add({ owner: 'other', name: 'attic' });
  return github;
}

/** Names of the repositories that are read with these settings, in order. */
async function names(github: GitHub, config: Partial<GithubConfig>): Promise<unknown[]> {
  const { rows } = await readsWell(github, 'repositories', {
    config: { repositories: undefined, ...config },
  });
  return rows.map((row) => row['full_name']);
}

describe('repositories are found', () => {
  test('by name, pattern, organization, user, number of a user and search, all at once, each once', async () => {
    const github = await fake();
    const found = await names(github, {
      repositories: ['other/attic', 'OCTO/one', 'octo/two*'],
      organizations: ['octo'],
      user_usernames: ['ada'],
      user_ids: [7],
      searches: [{ name: 'taps', query: 'topic:tap' }],
    });
    expect(found).toEqual(['other/attic', 'octo/one', 'octo/two', 'octo/two-more', 'octo/secret', 'ada/engine']);
  });

  test('with the search that found them, and once whatever the case of the letters', async () => {
    const github = await fake();
    const { rows } = await readsWell(github, 'repositories', {
      config: { repositories: ['OCTO/Two', 'octo/two'], searches: [{ name: 'taps', query: 'topic:tap' }] },
    });
    expect(rows.map((row) => [row['full_name'], row['search_name'], row['search_query']])).toEqual([
      ['octo/two', undefined, undefined],
      ['ada/engine', 'taps', 'topic:tap'],
    ]);
  });

  test('as singer-io’s setting names them, and in a file', async () => {
    const github = await fake();
    expect(await names(github, { repository: 'octo/one  octo/two' })).toEqual(['octo/one', 'octo/two']);
    const file = join(temporaryFolder(), 'names.txt');
    writeFileSync(file, '\uFEFF# mine\n\nocto/two\r\n!octo/one\nocto/*\n');
    expect(await names(github, { repositories_file: file })).toEqual(['octo/two', 'octo/two-more', 'octo/secret']);
  });

  test('without those that are excluded, whatever named them', async () => {
    const github = await fake();
    const found = await names(github, { repositories: ['octo/one', '!octo/two*', '!*/one'], organizations: ['octo'] });
    expect(found).toEqual(['octo/secret']);
  });

  test('without those that the filter leaves out, unless they are named in full', async () => {
    const github = await fake();
    const filter = (repository_filter: object): Promise<unknown[]> =>
      names(github, { organizations: ['octo'], repository_filter } as Partial<GithubConfig>);
    expect(await filter({ archived: false, fork: false })).toEqual(['octo/one', 'octo/secret']);
    expect(await filter({ visibility: ['private'] })).toEqual(['octo/secret']);
    expect(await filter({ topics: ['tap', 'x'] })).toEqual(['octo/two']);
    expect(await filter({ fork: true })).toEqual(['octo/two-more']);
    const unlike = { visibility: undefined, archived: false, fork: undefined, topics: undefined };
    expect(await names(github, { repositories: ['octo/two'], repository_filter: unlike })).toEqual(['octo/two']);
  });

  test('by a search that finds more than GitHub gives: that is told', async () => {
    const github = await fake();
    github.say(/search/, JSON.stringify({ total_count: 1001, incomplete_results: false, items: [] }));
    const { said } = await readsWell(github, 'repositories', {
      config: { repositories: undefined, searches: [{ name: 'all', query: 'x' }] },
    });
    expect(said).toContainEqual({
      level: 'warning',
      message: 'A search finds more repositories than GitHub gives: narrow it',
      fields: { search: 'all', found: 1001 },
    });
  });

  test('an owner that is misspelt is an error, not nothing', async () => {
    const github = await fake();
    await expect(names(github, { organizations: ['octopus'] })).rejects.toMatchObject({ code: 'repositories', exitCode: 2 });
    await expect(names(github, { repositories: ['nobody/*'] })).rejects.toMatchObject({ code: 'repositories', exitCode: 2 });
  });
});

test('repositories are asked about a few at once, and come in order', async () => {
  const github = await gitHub({ now: () => NOON });
  github.world.token('ghp_test');
  const repositories = Array.from({ length: 20 }, (_, n) => `octo/r${n}`);
  for (let n = 0; n < 20; n++) github.world.add({ name: `r${n}` });
  const config = { repositories, max_parallel_requests: 3 };
  const { rows } = await readsWell(github, 'repositories', { config });
  expect(rows.map((row) => row['full_name'])).toEqual(repositories);
  expect(github.busiest()).toBeLessThanOrEqual(3);
});

test('two names of one repository are read once, told, and make one state', async () => {
  const github = await fake();
  const repository = github.world.add({ name: 'old', releases: manyReleases(250, () => ({ assets: [] })) });
  github.world.rename(repository, 'octo', 'new');
  const config = { repositories: ['octo/one', 'octo/old', 'octo/new'] };
  const first = await readsWell(github, 'releases', { config });
  expect(first.rows.map(({ id }) => id)).toEqual(repository.releases.map(({ id }) => id));
  expect(first.said).toContainEqual({
    level: 'warning',
    message: 'Two names are one repository: it is read once',
    fields: { repository: 'octo/new', read_as: 'octo/old' },
  });
  const idle = await readsWell(github, 'releases', { config, bookmark: first.bookmark });
  expect(idle.rows).toEqual([]);
  repository.releases[0] = { ...repository.releases[0]!, body: 'changed' };
  const next = await readsWell(github, 'releases', { config, bookmark: idle.bookmark });
  expect(next.rows).toMatchObject([{ body: 'changed' }]);
});

test('a repository is asked for with the same token in every run, so that its ETag is known; each token is looked at once', async () => {
  const github = await gitHub({ now: () => NOON });
  for (const token of ['ghp_test', 'ghp_b', 'ghp_c']) github.world.token(token);
  const repositories = Array.from({ length: 12 }, (_, n) => `octo/r${n}`);
  for (let n = 0; n < 12; n++) github.world.add({ name: `r${n}` });
  const config = { repositories, additional_auth_tokens: ['ghp_b', 'ghp_c'] };
  const clock = new VirtualClock(NOON);
  const first = await readsWell(github, 'releases', { config, clock });
  const used = new Set(github.calls.map(({ headers }) => headers['authorization']));
  expect(used.size).toBe(3);
  expect(github.calls.filter(({ url }) => url === '/rate_limit')).toHaveLength(3);
  const idle = await readsWell(github, 'releases', { config, clock, bookmark: first.bookmark });
  expect(idle.calls.map((call) => call.slice(0, 3))).toEqual(Array.from({ length: 12 }, () => '304'));
});

test('everything that is wrong with the settings is told at once, and nothing is asked', async () => {
  const github = await fake();
  const config = configOf(github, {
    api_url_base: 'ftp://x',
    repositories: ['one'],
    auth_token: 'two words',
    rate_limit_buffer: 'much',
    quota_budget: '200%',
    start_date: 'yesterday',
    start_dates: { issue: '2024-01-01' },
    user_agent: 'ключ',
    repositories_file: '/nowhere/names.txt',
  });
  const opened = open(config, runOf(memoryLog().log), { clock: new VirtualClock(NOON), environment: {} });
  const { problems } = (await opened.catch((error: unknown) => error)) as { problems: { path: string }[] };
  expect(problems.map(({ path }) => path).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'api_url_base',
    'auth_token',
    'quota_budget',
    'rate_limit_buffer',
    'repositories[0]',
    'repositories_file',
    'start_date',
    'start_dates.issue',
    'user_agent',
  ]);
  expect(JSON.stringify(problems)).not.toContain('two words');
  const nothing = open(configOf(github, { repositories: [] }), runOf(memoryLog().log), {
    clock: new VirtualClock(NOON),
    environment: {},
  });
  await expect(nothing).rejects.toThrow('name something to read');
  expect(github.calls).toEqual([]);
});
