import { isJsonObject, type Json, type JsonObject } from '../../../singer/tap/index.ts';
import type { Address } from '../api/address.ts';
import type { Exchange, Exchanged } from '../api/exchange.ts';
import type { Clock } from '../clock.ts';
import { appToken } from '../scheduler/app.ts';
import { serverTime } from '../scheduler/retry-after.ts';
import type { GivenApp, GivenCredentials } from '../scheduler/tokens.ts';

/** What is known of one token or app. Never the secret. */
export interface CredentialFacts {
  /** The setting or variable that holds it. */
  readonly name: string;
  readonly kind: string;
  readonly accepted: boolean;
  /** Of classic tokens; null: it has none to tell (fine-grained ones have permissions, which GitHub does not list). */
  readonly scopes: readonly string[] | null;
  /** When it ends, RFC 3339; null: never, or not told. */
  readonly expires: string | null;
  readonly quotas: Readonly<Record<string, QuotaFacts>>;
  /** Where an app is installed. */
  readonly installations: readonly InstallationFacts[];
  /** What would make a run fail, or read less than was meant. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export interface QuotaFacts {
  readonly limit: number;
  readonly remaining: number;
  /** RFC 3339. */
  readonly reset: string;
}

export interface InstallationFacts {
  readonly account: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly suspended: boolean;
}

export interface Asking {
  readonly address: Address;
  readonly exchange: Exchange;
  readonly clock: Clock;
}

/** Credentials that are looked at at once. */
const LOOKS = 10;
const DAY = 86_400_000;
/** A token that ends so soon is worth a word. */
const SOON_DAYS = 14;

/** Kinds of tokens by how they begin (GitHub's own prefixes). Those without one are classic tokens of before 2021. */
const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  ['github_pat_', 'fine-grained token'],
  ['ghp_', 'classic token'],
  ['gho_', 'token of an OAuth app'],
  ['ghu_', 'token of a user for a GitHub App'],
  ['ghs_', 'token of an installation'],
];

/** The kind of a token. */
export function kindOf(token: string): string {
  return KINDS.find(([prefix]) => token.startsWith(prefix))?.[1] ?? (/^[0-9a-f]{40}$/.test(token) ? 'classic token' : 'token');
}

/** Looks at each credential once, by requests that cost no quota. Throws SystemError and InputError when the server gives no answer. */
export async function credentialFacts(given: GivenCredentials, asking: Asking, signal: AbortSignal): Promise<CredentialFacts[]> {
  const looks = [
    ...given.tokens.map(
      ({ name, token }) =>
        () =>
          tokenFacts(name, kindOf(token), `Bearer ${token}`, asking, signal),
    ),
    ...given.apps.map((app) => () => appFacts(app, asking, signal)),
  ];
  const all: CredentialFacts[] = [];
  for (let at = 0; at < looks.length; at += LOOKS)
    all.push(...(await Promise.all(looks.slice(at, at + LOOKS).map((look) => look()))));
  return all.length > 0 ? all : [await tokenFacts('no token', 'nobody', undefined, asking, signal)];
}

async function tokenFacts(
  name: string,
  kind: string,
  authorization: string | undefined,
  { address, exchange, clock }: Asking,
  signal: AbortSignal,
): Promise<CredentialFacts> {
  const { reply, verdict, body } = await exchange.send({ method: 'GET', url: address.of('rate_limit') }, authorization, signal);
  const now = serverTime(reply.headers, clock.now());
  const accepted = verdict.kind !== 'unauthorized';
  const scopes = reply.headers.get('x-oauth-scopes');
  const expires = timeOf(reply.headers.get('github-authentication-token-expiration'));
  const problems = accepted ? [] : ['it is not accepted: wrong, expired or revoked'];
  const notes: string[] = [];
  if (authorization === undefined)
    notes.push('GitHub allows 60 requests an hour without a token, and shows public repositories only');
  if (expires !== undefined && expires - now < SOON_DAYS * DAY)
    notes.push(`it ends in ${Math.max(0, Math.floor((expires - now) / DAY))} days`);
  const list =
    scopes === null
      ? null
      : scopes
          .split(',')
          .map((scope) => scope.trim())
          .filter((scope) => scope !== '');
  if (accepted && list !== null && !list.includes('repo')) notes.push('without the scope repo it sees public repositories only');
  return {
    name,
    kind,
    accepted,
    scopes: accepted ? list : null,
    expires: expires === undefined ? null : new Date(expires).toISOString(),
    quotas: quotasOf(body),
    installations: [],
    problems,
    notes,
  };
}

async function appFacts(app: GivenApp, { address, exchange, clock }: Asking, signal: AbortSignal): Promise<CredentialFacts> {
  const facts = { name: app.name, kind: 'GitHub App', scopes: null, expires: null, quotas: {}, notes: [] };
  const refused = (problem: string): CredentialFacts => ({ ...facts, accepted: false, installations: [], problems: [problem] });
  let jwt: string;
  try {
    jwt = appToken(app.id, app.key, clock.now());
  } catch {
    // What OpenSSL says may quote the key.
    return refused('its private key cannot be used');
  }
  const url = address.of('app/installations', { per_page: 100 });
  const { verdict, body }: Exchanged = await exchange.send({ method: 'GET', url }, `Bearer ${jwt}`, signal);
  if (verdict.kind !== 'ok' || !Array.isArray(body))
    return refused('it is not accepted: its id or its key is wrong, or a clock is off');
  const installations = (body as readonly Json[]).filter(isJsonObject).map(installationFacts);
  const meant =
    app.owner === undefined ? installations : installations.filter(({ account }) => account.toLowerCase() === app.owner);
  const usable = meant.filter(({ suspended }) => !suspended);
  const where = app.owner === undefined ? 'anywhere' : `at ${app.owner}`;
  return { ...facts, accepted: true, installations: meant, problems: usable.length > 0 ? [] : [`it is not installed ${where}`] };
}

function installationFacts(installation: JsonObject): InstallationFacts {
  const account = isJsonObject(installation['account']) ? installation['account']['login'] : undefined;
  const permissions = isJsonObject(installation['permissions']) ? installation['permissions'] : {};
  return {
    account: typeof account === 'string' ? account : '',
    permissions: Object.fromEntries(
      Object.entries(permissions).map(([name, right]) => [name, typeof right === 'string' ? right : '']),
    ),
    suspended: typeof installation['suspended_at'] === 'string',
  };
}

function quotasOf(body: Json | undefined): Record<string, QuotaFacts> {
  const resources = isJsonObject(body) && isJsonObject(body['resources']) ? body['resources'] : {};
  const quotas: Record<string, QuotaFacts> = {};
  for (const name of ['core', 'search']) {
    const { limit, remaining, reset } = isJsonObject(resources[name]) ? resources[name] : {};
    if (typeof limit !== 'number' || typeof remaining !== 'number' || typeof reset !== 'number') continue;
    quotas[name] = { limit, remaining, reset: new Date(reset * 1000).toISOString() };
  }
  return quotas;
}

/** Milliseconds since 1970 of `2026-01-31 12:00:00 UTC` or `2026-01-31 12:00:00 +0100`. */
function timeOf(text: string | null): number | undefined {
  const time = Date.parse((text ?? '').replace(' UTC', 'Z').replace(' ', 'T').replace(' ', ''));
  return Number.isNaN(time) ? undefined : time;
}
