import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { manyReleases, recordedReleases, type GitHub, type Release, type Repository } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell } from './drive.ts';

async function withReleases(releases: readonly Release[]): Promise<{ github: GitHub; repository: Repository }> {
  const github = await gitHubWithToken();
  return { github, repository: github.world.add({ name: 'one', releases: [...releases] }) };
}

/** The first record of a list, changed. */
function change(repository: Repository, at: number, changes: Partial<Release>): void {
  repository.releases[at] = { ...repository.releases[at]!, ...changes };
}

describe('tap-github, releases', () => {
  test('the recorded releases come as GitHub gave them, each field, valid by the SCHEMA', async () => {
    const { github } = await withReleases(recordedReleases());
    const { records, messages } = await readsWell(github);
    const schema = messages.find(({ type }) => type === 'SCHEMA')?.schema ?? {};
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    for (const record of records()) expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    expect(records().map(({ org, repo, repo_id, ...release }) => [org, repo, repo_id, release])).toEqual(
      recordedReleases().map((release) => ['octo', 'one', 401_025, expect.objectContaining({ ...release })]),
    );
  });

  test('a second run of a server that has not changed costs one conditional request, no quota, and sends no RECORD', async () => {
    const { github } = await withReleases(manyReleases(250));
    const first = await readsWell(github);
    expect(first.records()).toHaveLength(250);
    github.calls.length = 0;
    const second = await readsWell(github, { state: first.state });
    expect(second.records()).toEqual([]);
    const asked = github.calls.filter(({ url }) => !url.includes('/rate_limit'));
    expect(asked.map(({ status, charged }) => [status, charged])).toEqual([[304, false]]);
  });

  test('only what is new or changed is sent: also a release cut from a commit that is years old', async () => {
    const { github, repository } = await withReleases(manyReleases(250));
    const { state } = await readsWell(github);
    const [model] = manyReleases(1);
    repository.releases.unshift({ ...model!, id: 5, tag_name: 'v0.0.1', created_at: '2001-01-01T00:00:00Z' });
    change(repository, 3, { body: 'Other words' });
    const changed = repository.releases[3]!.id;
    const second = await readsWell(github, { state });
    expect(new Set(ids(second.records()))).toEqual(new Set([5, changed]));
    expect((await readsWell(github, { state: second.state })).records()).toEqual([]);
  });

  test('a download more does not send a release anew', async () => {
    const { github, repository } = await withReleases(manyReleases(20));
    const { state } = await readsWell(github);
    const [first] = repository.releases;
    change(repository, 0, { assets: first!.assets.map((asset) => ({ ...asset, download_count: asset.download_count + 1 })) });
    expect((await readsWell(github, { state })).records()).toEqual([]);
  });

  test('drafts come without a date of publication, for a token that may see them, and once more when they are published', async () => {
    const { github, repository } = await withReleases(
      manyReleases(3, (at) => (at === 1 ? { draft: true, published_at: null } : {})),
    );
    const { records, state } = await readsWell(github);
    expect(records().map(({ published_at }) => published_at === null)).toEqual([false, true, false]);
    change(repository, 1, { draft: false, published_at: '2026-02-01T00:00:00Z' });
    expect(ids((await readsWell(github, { state })).records())).toEqual([repository.releases[1]!.id]);
    github.world.token('ghp_public_only', { sees: 'public' });
    change(repository, 1, { draft: true, published_at: null });
    expect((await readsWell(github, { config: { auth_token: 'ghp_public_only' } })).records()).toHaveLength(2);
  });

  test('a release that is published between two pages is not lost, and none beside it', async () => {
    const { github, repository } = await withReleases(manyReleases(250));
    const fresh = { ...manyReleases(1)[0]!, id: 5, tag_name: 'just-now' };
    github.before(/releases.*[?&]page=2/, 1, () => repository.releases.unshift(fresh));
    const first = await readsWell(github);
    const second = await readsWell(github, { state: first.state });
    const seen = new Set([...ids(first.records()), ...ids(second.records())]);
    expect(seen).toEqual(new Set([5, ...ids(manyReleases(250))]));
  });

  test('a release that is deleted between two pages takes no other with it', async () => {
    const all = manyReleases(250);
    const { github, repository } = await withReleases(all);
    github.before(/releases.*[?&]page=2/, 1, () => repository.releases.splice(0, 1));
    const first = await readsWell(github);
    const second = await readsWell(github, { state: first.state, config: { releases: { reconcile_every: 0 } } });
    const seen = new Set([...ids(first.records()), ...ids(second.records())]);
    for (const id of ids(all.slice(1))) expect(seen).toContain(id);
  });

  test('an old release deep in the list that has changed is found by the reconciliation', async () => {
    const { github, repository } = await withReleases(manyReleases(350));
    const { state } = await readsWell(github);
    change(repository, 330, { name: 'renamed' });
    const config = { releases: { reconcile_every: 0 } };
    expect(ids((await readsWell(github, { state, config })).records())).toEqual([repository.releases[330]!.id]);
  });

  test('repositories are read side by side, and come out in the order of the settings', async () => {
    const github = await gitHubWithToken();
    const names = Array.from({ length: 12 }, (_, at) => `repo-${at}`);
    for (const name of names) github.world.add({ name, releases: manyReleases(2, (at) => ({ tag_name: `${name}-${at}` })) });
    github.fault(/repo-0\/releases|401025\/releases/, 'slow-body');
    const config = { repositories: names.map((name) => `octo/${name}`), max_parallel_requests: 3 };
    const { records, messages } = await readsWell(github, { config: { ...config, state_interval_records: 1 } });
    expect(records().map(({ repo }) => repo)).toEqual(names.flatMap((name) => [name, name]));
    let written = 0;
    for (const { type, value } of messages) {
      if (type === 'RECORD') written++;
      // Two records for each repository that a state names.
      const covered = (JSON.stringify(value ?? '').match(/octo\/repo-/g) ?? []).length * 2;
      expect(covered).toBeLessThanOrEqual(written);
    }
    expect(github.busiest()).toBeGreaterThan(1);
    expect(github.busiest()).toBeLessThanOrEqual(3);
  });

  test('the state of fifty repositories stays small', async () => {
    const github = await gitHubWithToken();
    const names = Array.from({ length: 50 }, (_, at) => `repo-${at}`);
    for (const name of names) github.world.add({ name, releases: manyReleases(30, () => ({ assets: [] })) });
    const { state } = await readsWell(github, { config: { repositories: names.map((name) => `octo/${name}`) } });
    expect(JSON.stringify(state).length / names.length).toBeLessThan(1500);
  });

  test('the whole of an organization, without what is left out, each repository once', async () => {
    const github = await gitHubWithToken();
    for (const name of ['web', 'api', 'attic-1', 'attic-2']) {
      github.world.add({ name, releases: manyReleases(1, () => ({ tag_name: name })) });
    }
    github.world.add({ name: 'fork', fork: true });
    const config = {
      repositories: ['octo/*', 'octo/web', '!octo/attic-*'],
      organizations: ['octo'],
      searches: [{ name: 'all', query: 'org:octo web' }],
      repository_filter: { fork: false },
    };
    const { records } = await readsWell(github, { config });
    expect(records()).toHaveLength(2);
    expect(new Set(records().map(({ repo }) => repo))).toEqual(new Set(['api', 'web']));
  });
});
