import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gitHub, made, manyReleases, type GitHub } from '../../support/github/index.ts';
import { asked, gitHubWithToken, readsWell, TOKEN } from './drive.ts';

const ALL_STREAMS = [
  'repositories',
  'releases',
  'release_assets',
  'release_asset_downloads',
  'tags',
  'issues',
  'issue_comments',
  'pull_requests',
  'reviews',
  'commits',
  'workflow_runs',
  'stargazers',
];

describe('tap-github --check', () => {
  test('tells kind, scopes, end and quota of a token, and that all can be read', async () => {
    const github = await gitHubWithToken();
    const expires = Date.parse('2099-01-31T12:00:00Z');
    github.world.token(TOKEN, { scopes: ['repo', 'read:org'], expires });
    github.world.add({ name: 'one', releases: manyReleases(3) });
    github.limits.leave(TOKEN, 4200, 600);
    const { status, report, text } = await asked(github, 'check');
    expect(report.credentials).toMatchObject([
      {
        name: 'auth_token',
        kind: 'classic token',
        accepted: true,
        scopes: ['repo', 'read:org'],
        expires: '2099-01-31T12:00:00.000Z',
        quotas: { core: { remaining: 4200, limit: 5000 } },
        problems: [],
        notes: [],
      },
    ]);
    expect([status, report.ok, report.repositories, report.calls]).toEqual([0, true, { found: 1, readable: 1 }, 1]);
    expect(text).toContain('classic token; scopes repo, read:org; ends 2099-01-31T12:00:00.000Z; core 4,19');
    expect(text).toContain('No problems; this took 1 call.');
  });

  test('names a token that is not accepted, and does not go on without it', async () => {
    const github = await gitHub();
    github.world.add({ name: 'one' });
    const { status, report, text } = await asked(github, 'check');
    expect([status, report.ok, report.credentials[0]?.accepted, report.calls]).toEqual([1, false, false, 0]);
    expect(text).toContain('PROBLEM it is not accepted');
  });

  test('warns of a token that ends soon, and of one that sees public repositories only', async () => {
    const github = await gitHubWithToken();
    github.world.token(TOKEN, { scopes: ['public_repo'], expires: Date.now() + 3.5 * 86_400_000 });
    github.world.add({ name: 'one' });
    const { report } = await asked(github, 'check');
    expect(report.credentials[0]?.notes).toEqual([
      'it ends in 3 days',
      'without the scope repo it sees public repositories only',
    ]);
  });

  test('knows a fine-grained token, which has no scopes', async () => {
    const github = await gitHub();
    const token = 'github_pat_of_the_tests_0123456789';
    github.world.token(token, { scopes: undefined });
    github.world.add({ name: 'one' });
    const { report } = await asked(github, 'check', { config: { auth_token: token } });
    expect(report.credentials[0]).toMatchObject({ kind: 'fine-grained token', scopes: null, problems: [] });
  });

  test('says what cannot be read for which stream, and why, and asks for no stream that is not selected', async () => {
    const github = await gitHubWithToken();
    github.world.add({
      name: 'one',
      off: new Map([
        ['runs', 'forbidden'],
        ['issues', 'disabled'],
      ]),
    });
    const config = { repositories: ['octo/one', 'octo/misspelt'] };
    const { status, report, text } = await asked(github, 'check', {
      config,
      streams: ['releases', 'workflow_runs', 'issues'],
    });
    expect([status, report.repositories]).toEqual([1, { found: 2, readable: 1 }]);
    expect(report.refused.map(({ repository, streams, status }) => [repository, streams, status])).toEqual([
      ['octo/one', ['issues'], 410],
      ['octo/one', ['workflow_runs'], 403],
      ['octo/misspelt', ['releases', 'issues', 'workflow_runs'], 404],
    ]);
    expect(text).toContain('PROBLEM octo/misspelt: releases, issues, workflow_runs: status 404');
    expect(github.calls.filter(({ url }) => /\/(?:tags|commits|pulls|stargazers)/.test(url))).toEqual([]);
  });

  test('tells where an app is installed, with which permissions', async () => {
    const github = await gitHub();
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    github.world.app({ id: '12', publicKey, installations: [{ id: 2, account: 'octo' }] });
    github.world.add({ name: 'one', private: true });
    const config = { auth_token: undefined, auth_app_keys: [`12;;${privateKey}`] };
    const { status, report } = await asked(github, 'check', { config });
    expect(report.credentials).toMatchObject([
      {
        name: 'auth_app_keys[0]',
        kind: 'GitHub App',
        accepted: true,
        installations: [{ account: 'octo', permissions: { contents: 'read' } }],
      },
    ]);
    expect([status, report.ok]).toEqual([0, true]);
  });

  test('without a token it says how many requests there are', async () => {
    const github = await gitHub();
    github.world.add({ name: 'one' });
    const { status, text } = await asked(github, 'check', { config: { auth_token: undefined } });
    expect(status).toBe(0);
    expect(text).toContain('60 requests an hour');
  });
});

describe('tap-github --estimate', () => {
  /** A repository with lists of several pages. */
  function large({ world }: GitHub): void {
    const many = (component: string, count: number): ReturnType<typeof made>[] =>
      Array.from({ length: count }, (_, at) =>
        made(component, at + 1, { state: 'open', updated_at: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString() }),
      );
    const pulls = many('pull-request-simple', 7);
    world.add({
      name: 'one',
      releases: manyReleases(250, () => ({ assets: [] })),
      tags: many('tag', 120),
      issues: many('issue', 230),
      pulls,
      reviews: new Map(pulls.map(({ number }) => [number as number, many('pull-request-review', 1)])),
      runs: many('workflow-run', 30),
    });
    world.add({ name: 'two' });
  }

  test('counts calls by stream and repository, by one call for each list', async () => {
    const github = await gitHubWithToken();
    large(github);
    const config = { repositories: ['octo/one', 'octo/two'] };
    const { status, report, text } = await asked(github, 'estimate', {
      config,
      streams: ['releases', 'tags', 'reviews'],
    });
    expect(status).toBe(0);
    expect(report.lists).toEqual([
      { repository: 'octo/one', stream: 'releases', calls: 3 },
      { repository: 'octo/one', stream: 'tags', calls: 2 },
      { repository: 'octo/one', stream: 'reviews', calls: 8 },
      { repository: 'octo/two', stream: 'releases', calls: 1 },
      { repository: 'octo/two', stream: 'tags', calls: 1 },
      { repository: 'octo/two', stream: 'reviews', calls: 1 },
    ]);
    expect([report.calls, report.spent]).toEqual([18, 6]);
    expect(text).toMatch(/A first run takes about 18 calls for 2 repositories\.\nThe tokens have .* which is enough\./);
  });

  test('is what the first run is charged, within a tenth', async () => {
    const github = await gitHubWithToken();
    large(github);
    const config = { repositories: ['octo/one', 'octo/two'] };
    const { report } = await asked(github, 'estimate', { config, streams: ALL_STREAMS });
    github.calls.length = 0;
    await readsWell(github, { config, streams: ALL_STREAMS });
    const charged = github.calls.filter((call) => call.charged).length;
    expect(report.calls).toBeGreaterThanOrEqual(charged * 0.9);
    expect(report.calls).toBeLessThanOrEqual(charged * 1.1);
  });

  test('says how often the run will wait when the quota is not enough', async () => {
    const github = await gitHub();
    for (const name of ['one', 'two']) github.world.add({ name, releases: manyReleases(4000, () => ({ assets: [] })) });
    const config = { auth_token: undefined, repositories: ['octo/one', 'octo/two'] };
    const { text } = await asked(github, 'estimate', { config });
    expect(text).toMatch(/A first run takes about 82 calls .*\n.* of 60 calls left: the run waits 1 time for a new quota/);
  });
});
