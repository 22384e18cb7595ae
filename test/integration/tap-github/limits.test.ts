import { describe, expect, test } from 'vitest';
import { manyReleases, type Call, type Fault, type GitHub } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell, tapGithub, TOKEN } from './drive.ts';

const COUNT = 250;
const ALL = manyReleases(COUNT, () => ({ assets: [] }));

async function withReleases(): Promise<GitHub> {
  const github = await gitHubWithToken();
  github.world.add({ name: 'one', releases: [...ALL] });
  return github;
}

/** The calls of releases, and how long after the refused one the next came. */
function pauseAfter(calls: readonly Call[], refused: number): number {
  const at = calls.findIndex(({ status, url }) => status === refused && url.includes('releases'));
  return calls[at + 1]!.at - calls[at]!.at;
}

describe('tap-github at a rate limit', () => {
  // GitHub tells the reset in whole seconds, a date of Retry-After as well: half a second may be lost of one.
  test.each<[Fault, number]>([
    ['primary-403', 403],
    ['primary-429', 429],
    ['secondary-403-seconds', 403],
    ['secondary-429-seconds', 429],
    ['secondary-429-date', 429],
  ])('[92] %s: it waits as long as it is told, asks once more and has every release', async (fault, status) => {
    const github = await withReleases();
    github.fault(/releases.*page=2/, fault, { seconds: 2 });
    const { records } = await readsWell(github);
    expect(ids(records())).toEqual(ids(ALL));
    expect(pauseAfter(github.calls, status)).toBeGreaterThan(fault === 'secondary-429-date' ? 1000 : 1500);
    expect(github.calls.filter((call) => call.status === status)).toHaveLength(1);
  });

  test.each<[Fault, Record<string, unknown>]>([
    ['secondary-403-marker', {}],
    ['secondary-429-bare', {}],
    ['retry-after-of-nonsense', {}],
    ['retry-after-of-a-day', { max_wait_seconds: 3600 }],
  ])(
    '%s: where it would have to wait too long it stops, with the state of the pages before, and says why',
    async (fault, config) => {
      const github = await withReleases();
      github.world.add({ name: 'two', releases: manyReleases(3) });
      github.fault(/repositories\/401026\/releases|octo\/two\/releases/, fault);
      const options = {
        config: { repositories: ['octo/one', 'octo/two'], max_parallel_requests: 1, max_wait_seconds: 5, ...config },
      };
      const { status, stderr, records, state } = await tapGithub(github, options);
      expect(status).toBe(1);
      expect(stderr).toContain('rate-limited');
      expect(ids(records())).toEqual(ids(ALL));
      expect(github.calls.filter((call) => call.status === 429 || call.status === 403)).toHaveLength(1);
      const resumed = await readsWell(github, { ...options, state });
      expect(ids(resumed.records())).toEqual(ids(manyReleases(3)));
    },
  );

  test('a limit that an answer of status 200 tells of, as GraphQL does: it waits, asks once more and has every release', async () => {
    const github = await withReleases();
    github.fault(/releases.*page=2/, 'limit-in-200', { seconds: 2 });
    const { records } = await readsWell(github);
    expect(ids(records())).toEqual(ids(ALL));
    const [first, second] = github.calls.filter(({ url }) => /releases.*page=2/.test(url));
    expect(second!.at - first!.at).toBeGreaterThan(1500);
  });

  test('a token that has used up its quota: it waits for the reset, also with one token alone, and reads on', async () => {
    const github = await withReleases();
    github.limits.leave(TOKEN, 2, 3);
    const { records } = await readsWell(github, { config: { rate_limit_buffer: 0 } });
    expect(ids(records())).toEqual(ids(ALL));
    expect(github.calls.filter(({ status }) => status === 403)).toEqual([]);
  });

  test('of two tokens the one with calls left is used', async () => {
    const github = await withReleases();
    const other = 'ghp_other_token_of_the_tests_0123456789';
    github.world.token(other);
    github.limits.leave(TOKEN, 0, 3600);
    const { records, stderr } = await readsWell(github, { config: { additional_auth_tokens: [other] } });
    expect(ids(records())).toEqual(ids(ALL));
    expect(stderr).not.toContain(other);
    expect(github.calls.filter(({ status }) => status === 403)).toEqual([]);
  });

  test('rate_limit_buffer leaves calls for others', async () => {
    const github = await withReleases();
    github.limits.leave(TOKEN, 900, 3600);
    const { status, stderr } = await tapGithub(github, { config: { rate_limit_buffer: 950 } });
    expect([status, stderr]).toEqual([1, expect.stringContaining('rate-limited')]);
    expect(github.calls.filter(({ charged }) => charged)).toEqual([]);
  });

  test('quota_budget ends a run that has used it, with a state that the next one goes on from', async () => {
    const github = await gitHubWithToken();
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) github.world.add({ name, releases: manyReleases(1, () => ({ id: name.length, tag_name: name })) });
    const config = { repositories: names.map((name) => `octo/${name}`), max_parallel_requests: 1 };
    const seen = new Set<unknown>();
    let state: unknown;
    for (let runs = 1; runs <= 6; runs++) {
      const ran = await tapGithub(github, { config: { ...config, quota_budget: 3 }, state });
      for (const { tag_name } of ran.records()) seen.add(tag_name);
      state = ran.state ?? state;
      if (ran.status === 0) break;
      expect(ran.stderr).toContain('quota-budget');
    }
    expect(seen).toEqual(new Set(names));
  });

  test.each<Fault>(['nonsense-limits', 'no-limits'])('%s: what is no number is not believed', async (fault) => {
    const github = await withReleases();
    github.fault(/./, fault, { times: 100 });
    const { records } = await readsWell(github);
    expect(ids(records())).toEqual(ids(ALL));
  });

  test('a server that says the next window is in a thousand years is not waited for', async () => {
    const github = await withReleases();
    github.fault(/releases/, 'lying-limits');
    const began = Date.now();
    expect(ids((await readsWell(github)).records())).toEqual(ids(ALL));
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test('a clock that is an hour off changes nothing', async () => {
    const github = await gitHubWithToken({ now: () => Date.now() + 3_600_000 });
    github.world.add({ name: 'one', releases: [...ALL] });
    github.fault(/releases.*page=2/, 'secondary-429-date', { seconds: 2 });
    github.fault(/releases.*page=3/, 'primary-403', { seconds: 2 });
    expect(ids((await readsWell(github)).records())).toEqual(ids(ALL));
    expect(pauseAfter(github.calls, 403)).toBeLessThan(10_000);
  });
});
