import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type GitHub, gitHub, type GitHubOptions, manyReleases } from '../../../support/github/index.ts';
import { NOON, read, type ReadOptions, readsWell, VirtualClock } from './harness.ts';

const MINUTE = 60_000;
const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const { publicKey } = KEYS;
const app = (id: string): string => `${id};;${KEYS.privateKey}`;

/** A fake whose repositories `octo/one` (private) and `other/two` (public) have releases. */
async function fake(options: GitHubOptions = {}): Promise<GitHub> {
  const github = await gitHub(options);
  github.world.add({ name: 'one', private: true, releases: manyReleases(250, () => ({ assets: [] })) });
  github.world.add({ owner: 'other', name: 'two', releases: manyReleases(2, (at) => ({ id: 7 + at })) });
  return github;
}

const options = (config: ReadOptions['config'], clock: VirtualClock): ReadOptions => ({
  config: { auth_token: undefined, ...config },
  clock,
});
const made = ({ calls }: GitHub): string[] => calls.filter(({ method }) => method === 'POST').map(({ url }) => url);

describe('apps', () => {
  test('take a new token before the one they have ends, by the time that the server gives it', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
    github.before(/releases\?.*page=2/, 1, () => clock.pass(49 * MINUTE));
    github.before(/releases\?.*page=3/, 1, () => clock.pass(2 * MINUTE));
    const { rows } = await readsWell(github, 'releases', options({ auth_app_keys: [app('1')] }, clock));
    expect(rows).toHaveLength(250);
    expect(made(github)).toHaveLength(2);
    expect(github.calls.filter(({ status }) => status === 401)).toEqual([]);
  });

  test('take a new token as long before as expiry_time_buffer says', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
    github.before(/releases\?.*page=2/, 1, () => clock.pass(11 * MINUTE));
    await readsWell(github, 'releases', options({ auth_app_keys: [app('1')], expiry_time_buffer: 50 }, clock));
    expect(made(github)).toHaveLength(2);
  });

  test('are known by a server whose clock is behind ours or ahead of it', async () => {
    for (const minutes of [15, -15]) {
      const github = await fake({ now: () => NOON });
      github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
      const clock = new VirtualClock(NOON + minutes * MINUTE);
      const { rows } = await readsWell(github, 'releases', options({ auth_app_keys: [app('1')] }, clock));
      expect(rows).toHaveLength(250);
    }
  });

  test('a token that is refused in the middle of a run is made anew', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
    github.before(/releases\?.*page=2/, 1, () => github.world.credentials.clear());
    const { rows } = await readsWell(github, 'releases', options({ auth_app_keys: [app('1')] }, clock));
    expect([rows.length, made(github).length]).toEqual([250, 2]);
  });

  test('of an owner take the place of the general ones for that owner', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [5, 6].map((id) => ({ id, account: id === 5 ? 'octo' : 'other' })) });
    github.world.app({ id: '2', publicKey, installations: [{ id: 9, account: 'octo' }] });
    const config = {
      repositories: ['octo/one', 'other/two'],
      auth_app_keys: [app('1')],
      org_auth_app_keys: { Octo: [app('2')] },
      max_parallel_requests: 1,
    };
    expect((await readsWell(github, 'releases', options(config, clock))).rows).toHaveLength(252);
    expect(made(github)).toEqual(['/app/installations/9/access_tokens', '/app/installations/6/access_tokens']);
  });

  test('read what is public of owners where they are not installed, and what searches find, by the installation with the lowest number', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    const installations = [
      { id: 8, account: 'octo' },
      { id: 3, account: 'suspended', suspended: true },
      { id: 9, account: 'third' },
    ];
    github.world.app({ id: '1', publicKey, installations });
    const config = { repositories: ['octo/one'], searches: [{ name: 'all', query: 'two' }], auth_app_keys: [app('1')] };
    const { rows, said } = await readsWell(github, 'releases', options(config, clock));
    expect(rows).toHaveLength(252);
    // One installation, one token, whoever's repositories are read.
    expect(made(github)).toEqual(['/app/installations/8/access_tokens']);
    expect(said.filter(({ message }) => message.includes('only what is public')).map(({ fields }) => fields)).toEqual([
      { app: 'auth_app_keys[0]', owner: 'other' },
    ]);
  });

  test('have a budget in percent as soon as their quota is known', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
    const { error } = await read(github, 'releases', options({ auth_app_keys: [app('1')], quota_budget: '0.06%' }, clock));
    expect(error).toMatchObject({ code: 'quota-budget', facts: { quota_budget: 3 } });
  });

  test('that are installed nowhere are an error', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now() });
    github.world.app({ id: '1', publicKey, installations: [] });
    const { error } = await read(github, 'releases', options({ auth_app_keys: [app('1')] }, clock));
    expect(error).toMatchObject({ code: 'token', exitCode: 2 });
  });

  test('are asked for below the path of an Enterprise server, too', async () => {
    const clock = new VirtualClock(NOON);
    const github = await fake({ now: () => clock.now(), prefix: '/api/v3' });
    github.world.app({ id: '1', publicKey, installations: [{ id: 5, account: 'octo' }] });
    await readsWell(github, 'releases', options({ auth_app_keys: [app('1')] }, clock));
    expect(github.calls.filter(({ url }) => !url.startsWith('/api/v3/'))).toEqual([]);
  });
});
