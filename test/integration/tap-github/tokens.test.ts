import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gitHub, manyReleases } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell, tapGithub, TOKEN } from './drive.ts';

const FEW = manyReleases(3);
const WRONG = 'ghp_wrong_token_of_the_tests_0123456789';

function keys(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

describe('tap-github and who asks', () => {
  test('a wrong token is an error before anything is read, and nothing is asked without it', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: FEW });
    const { status, stderr, records } = await tapGithub(github, { config: { auth_token: WRONG } });
    expect(status).toBe(2);
    expect(stderr).toContain('auth_token');
    expect(stderr).not.toContain(WRONG);
    expect(records()).toEqual([]);
    expect(github.calls.every(({ headers }) => headers['authorization'] !== undefined)).toBe(true);
  });

  test('invalid_token warn leaves a wrong one out while another is left', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: FEW });
    const config = { additional_auth_tokens: [WRONG], invalid_token: 'warn' };
    const { records, stderr } = await readsWell(github, { config });
    expect(ids(records())).toEqual(ids(FEW));
    expect(stderr).toContain('additional_auth_tokens[0]');
    expect(stderr).not.toContain(WRONG);
  });

  test('each token is looked at once in a run, however many streams and repositories there are', async () => {
    const github = await gitHubWithToken();
    const other = 'ghp_other_token_of_the_tests_0123456789';
    github.world.token(other);
    for (const name of ['one', 'two', 'three']) github.world.add({ name, releases: FEW });
    const config = { additional_auth_tokens: [other], repositories: ['octo/one', 'octo/two', 'octo/three'] };
    await readsWell(github, { config, streams: ['releases', 'tags', 'issues'] });
    const looks = github.calls.filter(({ url }) => url.includes('/rate_limit')).map(({ headers }) => headers['authorization']);
    expect(looks).toHaveLength(2);
    expect(new Set(looks)).toEqual(new Set([`Bearer ${TOKEN}`, `Bearer ${other}`]));
  });

  test('a token that GitHub refuses once in the middle of a run is tried once more', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: manyReleases(250, () => ({ assets: [] })) });
    github.fault(/releases.*page=2/, 'bad-credentials');
    expect((await readsWell(github)).records()).toHaveLength(250);
  });

  test('a hundred tokens are looked at a few at once', async () => {
    const github = await gitHubWithToken();
    const others = Array.from({ length: 100 }, (_, at) => `ghp_other_token_of_the_tests_${at}`);
    for (const token of others) github.world.token(token);
    github.world.add({ name: 'one', releases: FEW });
    await readsWell(github, { config: { additional_auth_tokens: others } });
    expect(github.calls.filter(({ url }) => url.includes('/rate_limit'))).toHaveLength(101);
    expect(github.busiest()).toBeLessThanOrEqual(10);
  });

  test('a token that ends in the middle of the run: the run ends with the state, not with a hole', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: manyReleases(250, () => ({ assets: [] })) });
    github.before(/releases.*page=2/, 1, () => (github.world.credentials.get(TOKEN)!.expires = 0));
    const { status, stderr } = await tapGithub(github);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/not accepted/);
    expect(github.calls.every(({ headers }) => headers['authorization'] !== undefined)).toBe(true);
  });

  test('variables that begin with GITHUB_TOKEN are tokens when additional_auth_tokens is not set', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: FEW });
    const config = { auth_token: undefined, additional_auth_tokens: undefined };
    const { records } = await readsWell(github, { config, env: { GITHUB_TOKEN_CI: TOKEN } });
    expect(ids(records())).toEqual(ids(FEW));
    expect(github.calls.every(({ headers }) => headers['authorization'] === `Bearer ${TOKEN}`)).toBe(true);
  });

  test('without a token it says that there are 60 requests an hour, and reads with them', async () => {
    const github = await gitHub();
    github.world.add({ name: 'one', releases: FEW });
    const { records, stderr } = await readsWell(github, { config: { auth_token: undefined } });
    expect(ids(records())).toEqual(ids(FEW));
    expect(stderr).toContain('60 requests an hour');
  });

  test('an app asks by its installation at the owner, not at any', async () => {
    const github = await gitHub();
    const { publicKey, privateKey } = keys();
    const installations = [
      { id: 1, account: 'somebody' },
      { id: 2, account: 'octo' },
    ];
    github.world.app({ id: '12', publicKey, installations });
    github.world.add({ name: 'one', private: true, releases: FEW });
    const config = { auth_token: undefined, auth_app_keys: [`12;;${privateKey}`] };
    const { records, stderr } = await readsWell(github, { config });
    expect(ids(records())).toEqual(ids(FEW));
    expect(stderr).not.toContain('PRIVATE KEY');
    const made = github.calls.filter(({ method }) => method === 'POST').map(({ url }) => url);
    expect(made).toEqual(['/app/installations/2/access_tokens']);
  });

  test('an app with a wrong key is an error that names the setting and shows no key', async () => {
    const github = await gitHub();
    github.world.app({ id: '12', publicKey: keys().publicKey, installations: [{ id: 2, account: 'octo' }] });
    github.world.add({ name: 'one', releases: FEW });
    const config = { auth_token: undefined, auth_app_keys: [`12;;${keys().privateKey}`] };
    const { status, stderr } = await tapGithub(github, { config });
    expect(status).toBe(2);
    expect(stderr).toContain('auth_app_keys[0]');
    expect(stderr).not.toContain('PRIVATE KEY');
  });
});
