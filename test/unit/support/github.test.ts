import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { dishonesty } from '../../support/github/honesty.ts';
import { FAULTS, gitHub, made, manyReleases, recordedReleases, type Fault, type GitHub } from '../../support/github/index.ts';

const TOKEN = 'ghp_fake';

async function well(options?: Parameters<typeof gitHub>[0]): Promise<GitHub> {
  const github = await gitHub(options);
  github.world.token(TOKEN);
  return github;
}

const ask = (github: GitHub, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(github.url + path, { headers: { authorization: `Bearer ${TOKEN}`, ...headers }, redirect: 'manual' });

describe('the fake GitHub', () => {
  test('gives the recorded releases in pages whose links name the repository by its number', async () => {
    const github = await well();
    github.world.add({ owner: 'github', name: 'hub', id: 401_025, releases: recordedReleases() });
    const first = await ask(github, '/repos/github/hub/releases?per_page=20');
    expect(await first.json()).toHaveLength(20);
    expect(first.headers.get('link')).toBe(
      `<${github.url}/repositories/401025/releases?per_page=20&page=2>; rel="next", <${github.url}/repositories/401025/releases?per_page=20&page=2>; rel="last"`,
    );
    const second = await ask(github, '/repositories/401025/releases?per_page=20&page=2');
    expect(await second.json()).toHaveLength(10);
    expect(second.headers.get('link')).toMatch(/rel="first".*rel="prev"/);
  });

  test('a conditional request of the same token costs no quota; another token has another tag', async () => {
    const github = await well();
    github.world.token('ghp_other');
    github.world.add({ owner: 'github', name: 'hub', releases: recordedReleases() });
    const path = '/repos/github/hub/releases';
    const first = await ask(github, path);
    const etag = first.headers.get('etag') ?? '';
    const second = await ask(github, path, { 'if-none-match': etag });
    expect(second.status).toBe(304);
    expect(second.headers.get('x-ratelimit-used')).toBe(first.headers.get('x-ratelimit-used'));
    expect((await ask(github, path, { 'if-none-match': etag, authorization: 'Bearer ghp_other' })).status).toBe(200);
    expect(github.calls.map(({ charged }) => charged)).toEqual([true, false, true]);
  });

  test('shows drafts and private repositories to those who may see them only', async () => {
    const github = await well();
    github.world.token('ghp_public', { sees: 'public' });
    const draft = { draft: true, published_at: null };
    github.world.add({ name: 'open', releases: manyReleases(2, (at) => (at === 0 ? draft : {})) });
    github.world.add({ name: 'closed', private: true });
    const count = async (token: string): Promise<number> => {
      const answer = await ask(github, '/repos/octo/open/releases', { authorization: `Bearer ${token}` });
      return ((await answer.json()) as unknown[]).length;
    };
    expect([await count(TOKEN), await count('ghp_public')]).toEqual([2, 1]);
    expect((await ask(github, '/repos/octo/closed', { authorization: 'Bearer ghp_public' })).status).toBe(404);
  });

  test('answers 401, 404, 409, 410, 403, 451, 301 and 422 where GitHub does', async () => {
    const github = await well();
    const { world } = github;
    world.add({ name: 'gone', condition: 'gone' });
    world.add({ name: 'blocked', condition: 'blocked' });
    world.add({ name: 'empty', condition: 'empty' });
    world.add({
      name: 'shut',
      off: new Map([
        ['issues', 'disabled'],
        ['runs', 'forbidden'],
      ]),
    });
    world.rename(world.add({ name: 'old', id: 7, releases: manyReleases(1) }), 'new-owner', 'new');
    const status = async (path: string): Promise<number> => (await ask(github, `/repos/octo/${path}`)).status;
    expect(await status('gone')).toBe(404);
    expect(await status('blocked/releases')).toBe(451);
    expect(await status('empty/commits')).toBe(409);
    expect(await status('empty/releases')).toBe(200);
    expect(await status('shut/issues')).toBe(410);
    expect(await status('shut/actions/runs')).toBe(403);
    expect(await status('shut/releases?page=102&per_page=100')).toBe(422);
    const moved = await ask(github, '/repos/octo/old/releases?per_page=1');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, `${github.url}/repositories/7/releases?per_page=1`]);
    expect((await ask(github, '/repos/octo/shut', { authorization: 'token nobody-knows' })).status).toBe(401);
  });

  test('counts requests by token, and refuses when the quota is used up until the reset', async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    const github = await well({ now: () => time });
    github.world.add({ name: 'one' });
    github.limits.leave(TOKEN, 1, 60);
    expect((await ask(github, '/repos/octo/one')).headers.get('x-ratelimit-remaining')).toBe('0');
    const refused = await ask(github, '/repos/octo/one');
    expect([refused.status, refused.headers.get('x-ratelimit-reset')]).toEqual([403, String(time / 1000 + 60)]);
    expect((await ask(github, '/rate_limit')).status).toBe(200);
    time += 60_000;
    expect((await ask(github, '/repos/octo/one')).status).toBe(200);
  });

  test('a release that is published between two pages shifts the rest by one', async () => {
    const github = await well();
    const repository = github.world.add({ name: 'busy', releases: manyReleases(4) });
    github.before(/[?&]page=2/, 1, () => repository.releases.unshift({ ...manyReleases(1)[0]!, id: 99 }));
    const ids = async (page: number): Promise<number[]> =>
      ((await (await ask(github, `/repos/octo/busy/releases?per_page=2&page=${page}`)).json()) as { id: number }[]).map(
        ({ id }) => id,
      );
    expect([await ids(1), await ids(2)]).toEqual([
      [1_000_004, 1_000_003],
      [1_000_003, 1_000_002],
    ]);
  });

  test('filters and sorts lists as their endpoints do', async () => {
    const github = await well();
    const issues = ['2026-01-01', '2026-01-03', '2026-01-02'].map((day, at) =>
      made('issue', at + 1, {
        updated_at: `${day}T00:00:00Z`,
        created_at: '2025-01-01T00:00:00Z',
        state: at === 0 ? 'closed' : 'open',
      }),
    );
    github.world.add({ name: 'one', issues });
    const ids = async (query: string): Promise<number[]> =>
      ((await (await ask(github, `/repos/octo/one/issues?${query}`)).json()) as { id: number }[]).map(({ id }) => id);
    expect(await ids('sort=updated&direction=asc')).toEqual([3, 2]);
    expect(await ids('state=all&sort=updated&direction=asc&since=2026-01-01T00:00:00Z')).toEqual([1, 3, 2]);
    expect(await ids('state=all&since=1970-01-01T00:00:00Z')).toEqual([]);
  });

  test('gives an app whose JWT is right a token that sees one owner and ends after an hour', async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    const github = await gitHub({ now: () => time });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    github.world.app({ id: '12', publicKey, installations: [{ id: 5, account: 'octo' }] });
    github.world.add({ name: 'closed', private: true });
    const jwt = (issued: number): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: '12', iat: issued, exp: issued + 540 })}`;
      return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
    };
    const post = (issued: number): Promise<Response> =>
      fetch(`${github.url}/app/installations/5/access_tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${jwt(issued)}` },
      });
    expect((await post(time / 1000 + 30)).status).toBe(401);
    const right = await post(time / 1000 - 60);
    expect(right.status).toBe(201);
    const { token } = (await right.json()) as { token: string };
    const status = async (): Promise<number> =>
      (await ask(github, '/repos/octo/closed', { authorization: `Bearer ${token}` })).status;
    expect(await status()).toBe(200);
    time += 3_600_000;
    expect(await status()).toBe(401);
  });

  test.each(
    [
      '/rate_limit',
      '/user',
      '/user/583231',
      '/orgs/octo',
      '/repos/octo/all',
      '/orgs/octo/repos',
      '/users/octocat/repos',
      '/search/repositories?q=all',
    ].concat(
      [
        'releases',
        'tags',
        'issues?state=all',
        'issues/comments',
        'pulls?state=all',
        'pulls/1/reviews',
        'commits',
        'actions/runs',
        'stargazers',
      ].map((list) => `/repos/octo/all/${list}`),
    ),
  )('%s is answered as GitHub’s description says', async (path) => {
    const github = await well();
    github.world.users.set('octocat', 583_231);
    github.world.add({
      name: 'all',
      releases: recordedReleases(),
      tags: [made('tag', 1)],
      issues: [made('issue', 1)],
      issueComments: [made('issue-comment', 1)],
      pulls: [made('pull-request-simple', 1)],
      reviews: new Map([[1, [made('pull-request-review', 1)]]]),
      commits: [made('commit', 1)],
      runs: [made('workflow-run', 1)],
      stargazers: [made('stargazer', 1)],
    });
    const answer = await ask(github, path);
    expect(answer.status).toBe(200);
    expect(github.dishonest).toEqual([]);
  });

  test('an answer that breaks the description is told', () => {
    const operation = 'get /repos/{owner}/{repo}/releases';
    expect(dishonesty({ status: 200, body: recordedReleases(), operation })).toEqual([]);
    expect(dishonesty({ status: 200, body: [{ id: 'one' }], operation }).length).toBeGreaterThan(0);
    expect(dishonesty({ status: 404, body: { message: 5 } }).length).toBeGreaterThan(0);
  });

  test.each(Object.keys(FAULTS) as Fault[])('goes wrong once by %s, then well', async (fault) => {
    const github = await well({ now: () => NOW });
    github.world.add({ name: 'one', releases: manyReleases(5) });
    github.fault(/releases/, fault);
    const path = '/repos/octo/one/releases';
    expect(await seen(ask(github, path, { 'accept-encoding': 'gzip' }))).toEqual(SEEN[fault]);
    const right = await ask(github, path);
    expect([right.status, ((await right.json()) as unknown[]).length]).toEqual([200, 5]);
  });
});

const NOW = Date.parse('2026-01-01T00:00:00Z');

/** What an asker sees of each fault: status, length of the list, and the headers that say when to come again. */
const SEEN: Readonly<Record<Fault, unknown>> = {
  'primary-403': [403, 'no list', { left: '0', reset: String(NOW / 1000 + 1) }],
  'primary-429': [429, 'no list', { left: '0', reset: String(NOW / 1000 + 1) }],
  'secondary-403-seconds': [403, 'no list', { retry: '1' }],
  'secondary-403-marker': [403, 'no list', {}],
  'limit-in-200': [200, 'no list', { left: '0', reset: String(NOW / 1000 + 1) }],
  'too-deep': [422, 'no list', {}],
  'secondary-429-seconds': [429, 'no list', { retry: '1' }],
  'secondary-429-date': [429, 'no list', { retry: 'Thu, 01 Jan 2026 00:00:01 GMT' }],
  'secondary-429-bare': [429, 'no list', {}],
  'bad-credentials': [401, 'no list', {}],
  forbidden: [403, 'no list', {}],
  'not-found': [404, 'no list', {}],
  '500': [500, 'no list', {}],
  '502': [502, 'no list', {}],
  '503': [503, 'no list', {}],
  'reset-at-once': 'no answer',
  'reset-in-body': [200, 'cut', {}],
  'slow-body': [200, 5, {}],
  'stalled-body': [200, 'cut', {}],
  'cut-gzip': [200, 'cut', {}],
  'cut-text': [200, 'cut', {}],
  'gzip-bomb': [200, 'cut', {}],
  'unasked-304': [304, 'cut', {}],
  'not-json': [200, 'cut', {}],
  'empty-body': [200, 'cut', {}],
  'an-object-for-a-list': [200, 'no list', {}],
  'a-list-of-numbers': [200, 3, {}],
  'nonsense-limits': [200, 5, { left: '-5', reset: 'soon' }],
  'lying-limits': [200, 5, { left: '0', reset: '99999999999' }],
  'no-limits': [200, 5, { left: undefined, reset: undefined }],
  'retry-after-of-a-day': [429, 'no list', { retry: '86400' }],
  'retry-after-of-nonsense': [429, 'no list', { retry: 'soon' }],
};

const TRUE_HEADERS = { retry: undefined, left: '4999', reset: String(NOW / 1000 + 3600) };

async function seen(asked: Promise<Response>): Promise<unknown> {
  let answer;
  try {
    answer = await asked;
  } catch {
    return 'no answer';
  }
  const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined;
  const headers = { retry: header('retry-after'), left: header('x-ratelimit-remaining'), reset: header('x-ratelimit-reset') };
  const names = Object.keys(headers) as (keyof typeof headers)[];
  const untrue = Object.fromEntries(
    names.filter((name) => headers[name] !== TRUE_HEADERS[name]).map((name) => [name, headers[name]]),
  );
  const body = await Promise.race([answer.json().catch(() => 'cut'), new Promise((resolve) => setTimeout(resolve, 500, 'cut'))]);
  return [answer.status, body === 'cut' ? 'cut' : Array.isArray(body) ? body.length : 'no list', untrue];
}
