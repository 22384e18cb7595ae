import { describe, expect, test } from 'vitest';
import { manyReleases, type Fault, type GitHub } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell, tapGithub } from './drive.ts';

const ALL = manyReleases(250, () => ({ assets: [] }));
const FEW = manyReleases(3);

async function withReleases(): Promise<GitHub> {
  const github = await gitHubWithToken();
  github.world.add({ name: 'one', releases: [...ALL] });
  return github;
}

/** Troubles that pass. */
const PASSING: readonly Fault[] = [
  '500',
  '502',
  '503',
  'reset-at-once',
  'reset-in-body',
  'slow-body',
  'cut-gzip',
  'cut-text',
  'not-json',
  'empty-body',
];

describe('tap-github and the troubles of a network', () => {
  test.each(PASSING)('%s once: the request is made again and no release is lost or doubled', async (fault) => {
    const github = await withReleases();
    github.fault(/releases.*page=2/, fault);
    const { records } = await readsWell(github);
    expect(ids(records())).toEqual(ids(ALL));
  });

  test('a body that stalls is given up after request_timeout, and asked for again', async () => {
    const github = await withReleases();
    github.fault(/releases.*page=2/, 'stalled-body');
    const { records } = await readsWell(github, { config: { request_timeout: 2 } });
    expect(ids(records())).toEqual(ids(ALL));
  });

  test.each<[Fault, string]>([
    ['500', 'server-trouble'],
    ['reset-in-body', 'no-answer'],
    ['cut-gzip', 'no-answer'],
    ['not-json', 'answer-not-json'],
  ])('%s for good: the run fails with its code, and the next one goes on from the state', async (fault, code) => {
    const github = await withReleases();
    github.world.add({ name: 'two', releases: FEW });
    const config = { repositories: ['octo/one', 'octo/two'], max_parallel_requests: 1, backoff_max_tries: 2 };
    github.fault(/repositories\/401026\/releases|octo\/two\/releases/, fault, { times: 2 });
    const { status, stderr, records, state } = await tapGithub(github, { config });
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)]);
    expect(ids(records())).toEqual(ids(ALL));
    expect(ids((await readsWell(github, { config, state })).records())).toEqual(ids(FEW));
  });

  test.each<Fault>(['an-object-for-a-list', 'a-list-of-numbers'])(
    '%s: an answer of another shape is an error with a code, never no records in silence',
    async (fault) => {
      const github = await withReleases();
      github.fault(/releases/, fault, { times: 10 });
      const { status, stderr, records } = await tapGithub(github, { config: { backoff_max_tries: 2 } });
      expect(status).toBe(1);
      expect(stderr).toMatch(/code=answer-shape|"code":\s?"answer-shape"|answer-shape/);
      expect(records()).toEqual([]);
    },
  );

  test('a server that is down: a coded error that names the host', async () => {
    const github = await withReleases();
    await github.close();
    const { status, stderr } = await tapGithub(github, { config: { backoff_max_tries: 2 } });
    expect(status).toBe(1);
    expect(stderr).toContain('no-answer');
    expect(stderr).toContain(new URL(github.url).host);
  });

  test('everything is asked below api_url_base, with the path of an Enterprise server too', async () => {
    const github = await gitHubWithToken({ prefix: '/api/v3' });
    github.world.add({ name: 'one', releases: [...ALL] });
    expect(ids((await readsWell(github)).records())).toEqual(ids(ALL));
    expect(github.calls.filter(({ url }) => !url.startsWith('/api/v3/'))).toEqual([]);
  });

  test('a redirect to another host is not followed, and nothing is sent there', async () => {
    const stranger = await gitHubWithToken();
    const github = await gitHubWithToken();
    github.world.rename(github.world.add({ name: 'one', releases: [...FEW] }), 'octo', 'two');
    github.links(stranger.url);
    const { status, stderr } = await tapGithub(github);
    expect([status, stderr]).toEqual([1, expect.stringContaining('foreign-link')]);
    expect(stranger.calls).toEqual([]);
  });

  test('an answer that unpacks to more than any of GitHub is an error at once, and memory stays bounded', async () => {
    const github = await withReleases();
    github.fault(/releases/, 'gzip-bomb', { times: 9 });
    const { status, stderr } = await tapGithub(github);
    expect([status, stderr]).toEqual([1, expect.stringContaining('answer-too-long')]);
    expect(github.calls.filter(({ url }) => url.includes('releases'))).toHaveLength(1);
  });

  test('links to another host are not followed, and nothing is sent there', async () => {
    const stranger = await gitHubWithToken();
    const github = await withReleases();
    github.links(stranger.url);
    const { status, stderr } = await tapGithub(github);
    expect([status, stderr]).toEqual([1, expect.stringContaining('foreign-link')]);
    expect(stranger.calls).toEqual([]);
  });
});
