import { describe, expect, test } from 'vitest';
import { made, manyReleases, type Item } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell, tapGithub, TOKEN } from './drive.ts';

const minute = (at: number): string => `${new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString().slice(0, 19)}Z`;

/** Issues or pull requests, each changed a minute after the one before. */
function many(component: string, count: number): Item[] {
  return Array.from({ length: count }, (_, at) =>
    made(component, at + 1, { number: at + 1, state: 'open', created_at: minute(at), updated_at: minute(at) }),
  );
}

/** Takes back what the usual config of these tests sets. */
const NOTHING = {
  api_url_base: undefined,
  auth_token: undefined,
  additional_auth_tokens: undefined,
  repositories: undefined,
  max_wait_seconds: undefined,
};

describe('tap-github, statements of the contract that need its own source', () => {
  test.each<[string, (url: string) => Record<string, unknown>]>([
    [
      'MeltanoLabs',
      (url) => ({
        api_url_base: url,
        user_agent: 'ours/1.0',
        metrics_log_level: 'debug',
        auth_token: TOKEN,
        additional_auth_tokens: [],
        rate_limit_buffer: 100,
        expiry_time_buffer: 5,
        backoff_max_tries: 3,
        repositories: ['octo/one'],
        start_date: '2025-12-31T00:00:00Z',
        skip_parent_streams: true,
        stream_options: { milestones: { state: 'all' }, project_items: { page_size: 50 } },
      }),
    ],
    [
      'singer-io',
      (url) => ({
        base_url: url,
        user_agent: 'ours/1.0',
        access_token: TOKEN,
        repository: 'octo/one octo/two',
        start_date: '2025-12-31T00:00:00Z',
        request_timeout: 300,
      }),
    ],
  ])('a config of %s’ tap is taken as it is', async (_, config) => {
    const github = await gitHubWithToken();
    for (const name of ['one', 'two']) github.world.add({ name, releases: manyReleases(3) });
    const { stderr, records } = await readsWell(github, { config: { ...NOTHING, ...config(github.url) } });
    // Of three releases, a day apart, two are young enough.
    expect(records().filter(({ repo }) => repo === 'one')).toHaveLength(2);
    expect(stderr).not.toMatch(/unknown|WARN|ERROR/);
    expect(new Set(github.calls.map(({ headers }) => headers['user-agent']))).toEqual(new Set(['ours/1.0']));
  });

  test('[173] nested settings are taken as objects and by dots', async () => {
    const github = await gitHubWithToken();
    const repository = github.world.add({ name: 'one', releases: manyReleases(3) });
    for (const [at, config] of [
      { releases: { change_fields: ['tag_name'] } },
      { 'releases.change_fields': ['tag_name'] },
    ].entries()) {
      const { state } = await readsWell(github, { config });
      repository.releases[0] = { ...repository.releases[0]!, body: `changed ${at}` };
      expect((await readsWell(github, { config, state })).records()).toEqual([]);
    }
  });

  test('[68] ids beyond 2^53 keep their text', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one' });
    const id = '9007199254740993';
    const text = JSON.stringify(manyReleases(1)).replace(/"id":1000001/, `"id":${id}`);
    github.say(/releases/, text);
    const { stdout } = await readsWell(github);
    expect(stdout).toContain(`"id":${id},`);
  });

  test('[75] of bookmark and start_date the later one wins', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', issues: many('issue', 10) });
    const read = async (since: string, start_date: string): Promise<unknown[]> => {
      const state = { bookmarks: { issues: { 'octo/one': { since } } } };
      return ids((await readsWell(github, { state, config: { start_date }, streams: ['issues'] })).records('issues'));
    };
    expect(await read(minute(4), minute(7))).toEqual([8, 9, 10]);
    expect(await read(minute(7), minute(4))).toEqual([8, 9, 10]);
  });

  test.each([
    [
      'MeltanoLabs',
      {
        partitions: [{ context: { org: 'octo', repo: 'one' }, replication_key: 'updated_at', replication_key_value: minute(7) }],
      },
    ],
    ['singer-io', { 'octo/one': { since: minute(7) } }],
  ])('[78] a state of %s’ tap is gone on from', async (_, bookmark) => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', issues: many('issue', 10) });
    const { records, state } = await readsWell(github, { state: { bookmarks: { issues: bookmark } }, streams: ['issues'] });
    expect(ids(records('issues'))).toEqual([8, 9, 10]);
    expect(JSON.stringify(state)).toContain('401025');
  });

  test('[81] a list that comes newest first: a run that fails on its second page loses none of the older ones', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', pulls: many('pull-request-simple', 250) });
    github.fault(/pulls.*[?&]page=2/, '500', { times: 2 });
    const options = { config: { backoff_max_tries: 2 }, streams: ['pull_requests'] };
    const failed = await tapGithub(github, options);
    expect([failed.status, failed.records('pull_requests').length]).toEqual([1, 100]);
    const resumed = await readsWell(github, { ...options, state: failed.state });
    const seen = new Set([...ids(failed.records('pull_requests')), ...ids(resumed.records('pull_requests'))]);
    expect(seen.size).toBe(250);
  });

  test('[82] an issue that is changed while the list is read comes with this run or the next one', async () => {
    const github = await gitHubWithToken();
    const repository = github.world.add({ name: 'one', issues: many('issue', 250) });
    github.before(/issues/, 2, () => {
      repository.issues[120] = { ...repository.issues[120]!, title: 'changed meanwhile', updated_at: minute(1000) };
    });
    const first = await readsWell(github, { streams: ['issues'] });
    const second = await readsWell(github, { streams: ['issues'], state: first.state });
    const all = [...first.records('issues'), ...second.records('issues')];
    expect(new Set(ids(all)).size).toBe(250);
    expect(all.findLast(({ id }) => id === 121)).toMatchObject({ title: 'changed meanwhile' });
  });
});
