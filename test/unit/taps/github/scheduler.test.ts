import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../../singer/index.ts';
import { appToken } from '../../../../taps/github/scheduler/app.ts';
import { credential, type Credential } from '../../../../taps/github/scheduler/credential.ts';
import { retryAfter } from '../../../../taps/github/scheduler/retry-after.ts';
import { type Patience, Scheduler, type SchedulerOptions } from '../../../../taps/github/scheduler/scheduler.ts';
import { callsOf, shareOf } from '../../../../taps/github/scheduler/share.ts';
import { givenCredentials } from '../../../../taps/github/scheduler/tokens.ts';
import { memoryLog } from '../csv/harness.ts';
import { NOON, VirtualClock } from './harness.ts';

const HEADERS = (members: Readonly<Record<string, string>>): { get(name: string): string | null } => ({
  get: (name) => members[name] ?? null,
});
const { signal } = new AbortController();
const patience = (): Patience => ({ waited: 0, untold: 0 });

function token(name: string, remaining: number, { limit = 5000, minutes = 30 } = {}): Credential {
  const one = credential(name, () => Promise.resolve(`Bearer ${name}`));
  one.limits('core').set({ limit, remaining, reset: NOON / 1000 + minutes * 60 }, NOON, NOON);
  return one;
}

function schedulerOf(options: Partial<SchedulerOptions> = {}): { scheduler: Scheduler; clock: VirtualClock } {
  const clock = new VirtualClock(NOON);
  const { log } = memoryLog();
  const usual = { clock, log, buffer: { calls: 1000 }, maxWaitSeconds: 3600, budget: undefined, parallel: 4 };
  return { clock, scheduler: new Scheduler({ ...usual, ...options }) };
}

/** One request that is answered with this status. */
async function ask(scheduler: Scheduler, credentials: readonly Credential[], home = 0, status = 200): Promise<Credential> {
  const used = await scheduler.lease(credentials, 'core', home, patience(), signal);
  scheduler.settle(used, 'core', { status, headers: HEADERS({}), text: '' });
  return used;
}

describe('the scheduler', () => {
  test('takes the credential that a repository is at home with while that has calls left, then the richest', async () => {
    const { scheduler } = schedulerOf();
    const [poor, home, rich] = [token('poor', 1200), token('home', 1001), token('rich', 3000)];
    expect((await ask(scheduler, [poor, home, rich], 1)).name).toBe('home');
    expect((await ask(scheduler, [poor, home, rich], 1)).name).toBe('rich');
  });

  test('leaves the buffer to others, a fifth of a small quota at most, and nothing when there is no token', async () => {
    const { scheduler, clock } = schedulerOf();
    await ask(scheduler, [token('small', 13, { limit: 60 })]);
    await ask(scheduler, [token('small', 12, { limit: 60 })]);
    expect(clock.slept).toHaveLength(1);
    const nobody = credential('nobody', () => Promise.resolve(undefined), { shared: false });
    nobody.limits('core').set({ limit: 60, remaining: 1, reset: clock.now() / 1000 + 60 }, clock.now(), clock.now());
    await ask(scheduler, [nobody]);
    expect(clock.slept).toHaveLength(1);
  });

  test('waits for the earliest reset when none has calls left', async () => {
    const { scheduler, clock } = schedulerOf();
    const used = await ask(scheduler, [token('a', 10, { minutes: 50 }), token('b', 10, { minutes: 20 })]);
    expect([used.name, clock.slept]).toEqual(['b', [20 * 60_000 + 1000]]);
    expect(scheduler.counts).toMatchObject({ calls: 1, waits: 1, waited_seconds: 1201 });
  });

  test('stops where the wait is longer than allowed, and says so', async () => {
    const { scheduler, clock } = schedulerOf({ maxWaitSeconds: 60 });
    await expect(ask(scheduler, [token('a', 0)])).rejects.toMatchObject({
      code: 'rate-limited',
      facts: { wait_seconds: 1801, max_wait_seconds: 60 },
    });
    expect(clock.slept).toEqual([]);
    // The slot was given back.
    await ask(scheduler, [token('b', 4000)]);
  });

  test('a limit without a word doubles its waits, and lowers the number of requests at once', async () => {
    const { scheduler, clock } = schedulerOf();
    const [one, waiting] = [token('a', 4000), patience()];
    for (let time = 0; time < 3; time++) {
      await scheduler.lease([one], 'core', 0, waiting, signal);
      scheduler.settle(one, 'core', undefined, { scope: 'secondary', milliseconds: undefined, patience: waiting });
    }
    await scheduler.lease([one], 'core', 0, waiting, signal);
    expect(clock.slept).toEqual([61_000, 121_000, 241_000]);
  });

  test('waits of one request add up: a server that asks for a minute again and again does not hold the run for ever', async () => {
    const { scheduler } = schedulerOf({ maxWaitSeconds: 300 });
    const [one, waiting] = [token('a', 4000), patience()];
    const forever = async (): Promise<never> => {
      for (;;) {
        await scheduler.lease([one], 'core', 0, waiting, signal);
        scheduler.settle(one, 'core', undefined, { scope: 'secondary', milliseconds: 60_000, patience: waiting });
      }
    };
    await expect(forever()).rejects.toMatchObject({ code: 'rate-limited' });
  });

  test('the budget counts what is charged, not answers that nothing has changed', async () => {
    const { scheduler } = schedulerOf({ budget: { calls: 2 } });
    const one = token('a', 4000);
    scheduler.fund([one]);
    for (let time = 0; time < 10; time++) await ask(scheduler, [one], 0, 304);
    await ask(scheduler, [one]);
    await ask(scheduler, [one]);
    await expect(ask(scheduler, [one])).rejects.toMatchObject({ code: 'quota-budget', facts: { calls: 2, quota_budget: 2 } });
  });

  test('a budget in percent is one of the quotas of all credentials', async () => {
    const { scheduler } = schedulerOf({ budget: { percent: 0.04 } });
    const all = [token('a', 4000), token('b', 4000)];
    scheduler.fund(all);
    for (let time = 0; time < 4; time++) await ask(scheduler, all);
    await expect(ask(scheduler, all)).rejects.toMatchObject({ facts: { quota_budget: 4 } });
  });

  test('no more requests run at once than allowed; who waits comes in turn, and may be called off', async () => {
    const { scheduler } = schedulerOf({ parallel: 2 });
    const one = token('a', 4000);
    const lease = (own = signal): Promise<Credential> => scheduler.lease([one], 'core', 0, patience(), own);
    await Promise.all([lease(), lease()]);
    const called = new AbortController();
    const order: string[] = [];
    const off = lease(called.signal).catch(() => order.push('off'));
    const next = lease().then(() => order.push('next'));
    called.abort(new Error('enough'));
    await off;
    // One slot is enough: nothing is handed to who was called off.
    scheduler.settle(one, 'core', undefined);
    await next;
    expect(order).toEqual(['off', 'next']);
  });

  test('who waited for a slot does not ask within a limit that the one before it has met', async () => {
    const { scheduler, clock } = schedulerOf({ parallel: 1 });
    const one = token('a', 4000);
    const lease = (): Promise<Credential> => scheduler.lease([one], 'core', 0, patience(), signal);
    await lease();
    const next = lease();
    scheduler.settle(one, 'core', undefined, { scope: 'secondary', milliseconds: 7000, patience: patience() });
    await next;
    expect(clock.slept).toEqual([8000]);
  });
});

describe('limits', () => {
  test('count by the server’s clock, and believe neither nonsense nor a window of a thousand years', () => {
    const limits = token('a', 5).limits('core');
    const ahead = { date: new Date(NOON + 7_200_000).toUTCString() };
    limits.learn(
      HEADERS({ 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': '-5', 'x-ratelimit-reset': 'soon', ...ahead }),
      NOON,
    );
    expect(limits.remaining(NOON)).toBe(5);
    limits.learn(
      HEADERS({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999', ...ahead }),
      NOON,
    );
    expect(limits.remaining(NOON)).toBe(5);
    const reset = String(NOON / 1000 + 7200 + 60);
    limits.learn(
      HEADERS({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, ...ahead }),
      NOON,
    );
    expect([limits.remaining(NOON), limits.freeAt(0, NOON)]).toEqual([0, NOON + 60_000]);
    expect(limits.remaining(NOON + 60_000)).toBe(60);
  });

  test('of answers that overtake each other the smaller number counts', () => {
    const limits = token('a', 100).limits('core');
    const answer = (remaining: number): void =>
      limits.learn(
        HEADERS({
          'x-ratelimit-limit': '5000',
          'x-ratelimit-remaining': String(remaining),
          'x-ratelimit-reset': String(NOON / 1000 + 1800),
        }),
        NOON,
      );
    answer(98);
    answer(99);
    expect(limits.remaining(NOON)).toBe(98);
  });
});

test.each([
  ['120', 120_000],
  ['0', 1000],
  ['1.5', 1500],
  [new Date(NOON + 30_000).toUTCString(), 30_000],
  [new Date(NOON - 30_000).toUTCString(), 1000],
  ['soon', undefined],
  ['', undefined],
  ['-5', undefined],
])('Retry-After %j is a wait of %j ms', (text, milliseconds) => {
  const date = new Date(NOON).toUTCString();
  // Our clock is an hour off: a date counts from the server's.
  expect(retryAfter(HEADERS({ 'retry-after': text, date }), NOON + 3_600_000)).toBe(milliseconds);
});

test('shares are numbers or percentages', () => {
  expect([shareOf(10), shareOf('10'), shareOf(' 30 % '), shareOf('2.5%')]).toEqual([
    { calls: 10 },
    { calls: 10 },
    { percent: 30 },
    { percent: 2.5 },
  ]);
  expect([shareOf('101%'), shareOf('-1'), shareOf('1.5'), shareOf('much')]).toEqual([undefined, undefined, undefined, undefined]);
  expect([callsOf({ calls: 7 }, 60), callsOf({ percent: 30 }, 5000)]).toEqual([7, 1500]);
});

const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

test('the token of an app is a JWT in RS256, good from a minute ago, for less than ten', () => {
  const [header, claims, signature] = appToken('123', KEY.privateKey, NOON).split('.');
  const decoded = (part: string | undefined): unknown => JSON.parse(Buffer.from(part!, 'base64url').toString());
  expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT' });
  expect(decoded(claims)).toEqual({ iat: NOON / 1000 - 60, exp: NOON / 1000 + 480, iss: '123' });
  expect(verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), KEY.publicKey, Buffer.from(signature!, 'base64url'))).toBe(
    true,
  );
});

describe('credentials that were given', () => {
  const none = {
    auth_token: undefined,
    additional_auth_tokens: undefined,
    auth_app_keys: undefined,
    org_auth_app_keys: undefined,
  };

  test('come from settings and, where those are silent, from variables; each token once', () => {
    const environment = { GITHUB_TOKEN: 'a', GITHUB_TOKEN_2: 'b', GITHUB_TOKENS: '', OTHER: 'c' };
    expect(givenCredentials({ ...none, auth_token: ' a ' }, environment, []).tokens).toEqual([
      { name: 'auth_token', token: 'a' },
      { name: 'GITHUB_TOKEN_2', token: 'b' },
    ]);
    const set = givenCredentials({ ...none, additional_auth_tokens: ['x', 'x'] }, environment, []);
    expect(set.tokens).toEqual([{ name: 'additional_auth_tokens[0]', token: 'x' }]);
  });

  test('apps are id;;key;;installation, with line breaks as \\n if need be', () => {
    const inline = KEY.privateKey.replaceAll('\n', String.raw`\n`);
    const { apps } = givenCredentials(
      { ...none, auth_app_keys: [`1;;${inline};;77`], org_auth_app_keys: { Octo: [`Iv1abc;;${KEY.privateKey}`] } },
      { GITHUB_APP_PRIVATE_KEY: 'unused' },
      [],
    );
    expect(apps.map(({ id, installation, owner }) => [id, installation, owner])).toEqual([
      ['1', '77', undefined],
      ['Iv1abc', undefined, 'octo'],
    ]);
    expect(() => appToken('1', apps[0]!.key, NOON)).not.toThrow();
  });

  test('what is none is a problem that shows no secret', () => {
    const problems: Problem[] = [];
    givenCredentials({ ...none, auth_token: 'two words', auth_app_keys: ['1;;secret'] }, {}, problems);
    expect(problems.map(({ path }) => path)).toEqual(['auth_token', 'auth_app_keys[0]']);
    expect(JSON.stringify(problems)).not.toMatch(/two words|secret/);
  });
});
