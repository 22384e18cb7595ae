import { ConfigError, isJsonObject, type Json, type Log, type Problem, SystemError } from '../../../singer/tap/index.ts';
import type { Address } from '../api/address.ts';
import type { Exchange, Exchanged } from '../api/exchange.ts';
import type { Clock } from '../clock.ts';
import { appToken } from './app.ts';
import { credential, type Credential, type Resource } from './credential.ts';
import { serverTime } from './retry-after.ts';
import type { GivenApp, GivenCredentials } from './tokens.ts';

export interface PoolOptions {
  readonly given: GivenCredentials;
  readonly address: Address;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  readonly invalid: 'fail' | 'warn';
  /** Tokens of apps are renewed this long before they end. */
  readonly expiryBufferMinutes: number;
}

/** The credentials of a run. Nothing is asked of the server before the first request needs one. */
export class Pool {
  readonly #o: PoolOptions;
  #ready: Promise<readonly Credential[]> | undefined;
  /** How far the server's clock is ahead of ours, in milliseconds; 0 while that does not matter. */
  #skew = 0;
  /** By app and owner. */
  readonly #installed = new Map<string, Promise<Credential | undefined>>();
  /** By app and installation. */
  readonly #credentials = new Map<string, Credential>();
  readonly #first = new Map<GivenApp, Promise<string | undefined>>();

  constructor(options: PoolOptions) {
    this.#o = options;
  }

  /** The tokens, each looked at once. Throws ConfigError `token` for those that the server does not know. */
  tokens(signal: AbortSignal): Promise<readonly Credential[]> {
    this.#ready ??= this.#validate(signal);
    return this.#ready;
  }

  /**
   * Those that can ask about repositories of this owner, in an order that does not change from run to run.
   * Throws ConfigError when there is none left.
   */
  async forOwner(owner: string, signal: AbortSignal): Promise<readonly Credential[]> {
    const apps = this.#appsFor(owner);
    const [tokens, ...installations] = await Promise.all([
      this.tokens(signal),
      ...apps.map((app) => this.#installation(app, owner, signal)),
    ]);
    const found = [...installations.filter((each) => each !== undefined), ...tokens];
    const all = found.length > 0 ? found : await this.#publicly(apps, owner, signal);
    const alive = all.filter((each) => each.alive);
    if (alive.length > 0) return alive;
    const message = `no credential is left that may be used for ${owner}: a token is not accepted, or no app is installed there`;
    throw new ConfigError([{ path: '', message }], { code: 'token', hint: TOKEN_HINT });
  }

  #appsFor(owner: string): readonly GivenApp[] {
    const { apps } = this.#o.given;
    const own = apps.filter((app) => app.owner === owner.toLowerCase());
    return own.length > 0 ? own : apps.filter((app) => app.owner === undefined);
  }

  /** Where no app is installed and there is no token, an installation elsewhere can ask for what is public: that with the lowest number. */
  async #publicly(apps: readonly GivenApp[], owner: string, signal: AbortSignal): Promise<readonly Credential[]> {
    const credentials: Credential[] = [];
    for (const app of apps) {
      if (app.owner !== undefined) continue;
      this.#first.set(app, this.#first.get(app) ?? this.#firstInstallation(app, signal));
      const installation = await this.#first.get(app);
      if (installation === undefined) continue;
      if (owner !== '') {
        const message = 'An app is not installed at an owner: only what is public is read there';
        this.#o.log.warnOnce(`public:${app.name}:${owner.toLowerCase()}`, message, { app: app.name, owner });
      }
      credentials.push(this.#credentialOf(app, installation));
    }
    return credentials;
  }

  async #validate(signal: AbortSignal): Promise<readonly Credential[]> {
    const { given, invalid, log } = this.#o;
    if (given.tokens.length === 0) {
      if (given.apps.length > 0) return [];
      log.warn('There is no token: GitHub allows 60 requests an hour. Set auth_token, or GITHUB_TOKEN in the environment');
      const nobody = credential('no token', () => Promise.resolve(undefined), { shared: false });
      await this.#look(nobody, signal);
      return [nobody];
    }
    const tokens = given.tokens.map(({ name, token }) => credential(name, () => Promise.resolve(`Bearer ${token}`)));
    for (let at = 0; at < tokens.length; at += LOOKS) {
      await Promise.all(tokens.slice(at, at + LOOKS).map((each) => this.#look(each, signal)));
    }
    const bad = tokens.filter((each) => !each.alive);
    const problems: Problem[] = bad.map(({ name }) => ({ path: name, message: 'is not accepted: wrong, expired or revoked' }));
    const good = tokens.filter((each) => each.alive);
    if (bad.length > 0 && (invalid === 'fail' || (good.length === 0 && given.apps.length === 0))) {
      throw new ConfigError(problems, { code: 'token', hint: TOKEN_HINT });
    }
    for (const { name } of bad) log.warn('A token is not accepted and is left out', { token: name });
    return good;
  }

  /** Asks for the limits, which costs no quota; once more if the token is refused, as GitHub does now and then. A server without limits answers 404. */
  async #look(one: Credential, signal: AbortSignal): Promise<void> {
    const { address, exchange, clock } = this.#o;
    const url = address.of('rate_limit');
    const ask = async (): Promise<Exchanged> => exchange.send({ method: 'GET', url }, await one.authorization(signal), signal);
    let exchanged = await ask();
    if (exchanged.verdict.kind === 'unauthorized') exchanged = await ask();
    const { verdict, body, reply } = exchanged;
    if (verdict.kind === 'unauthorized') one.alive = false;
    const resources = isJsonObject(body) && isJsonObject(body['resources']) ? body['resources'] : {};
    const now = clock.now();
    for (const resource of ['core', 'search'] as const) {
      const window = windowOf(resources[resource]);
      if (window !== undefined) one.limits(resource satisfies Resource).set(window, serverTime(reply.headers, now), now);
    }
  }

  #installation(app: GivenApp, owner: string, signal: AbortSignal): Promise<Credential | undefined> {
    const id = `${app.name} ${app.installation ?? owner.toLowerCase()}`;
    let found = this.#installed.get(id);
    if (found === undefined) {
      found = this.#install(app, owner, signal);
      this.#installed.set(id, found);
    }
    return found;
  }

  /** The installation of an app at an owner, as a credential that renews itself; undefined if there is none. */
  async #install(app: GivenApp, owner: string, signal: AbortSignal): Promise<Credential | undefined> {
    const installation = app.installation ?? (await this.#installationId(app, owner, signal));
    if (installation !== undefined) return this.#credentialOf(app, installation);
    this.#o.log.debug('An app is not installed at an owner', { app: app.name, owner });
    return undefined;
  }

  /** An installation asks with one quota, whoever's repositories it asks for. */
  #credentialOf(app: GivenApp, installation: string): Credential {
    const key = `${app.name} ${installation}`;
    const made = this.#credentials.get(key) ?? this.#newCredential(app, installation);
    this.#credentials.set(key, made);
    return made;
  }

  #newCredential(app: GivenApp, installation: string): Credential {
    const { clock, expiryBufferMinutes, log } = this.#o;
    let current: { readonly header: string; readonly until: number } | undefined;
    let renewal: Promise<{ readonly header: string; readonly until: number }> | undefined;
    const authorization = async (signal: AbortSignal): Promise<string> => {
      if (current !== undefined && clock.now() < current.until - expiryBufferMinutes * 60_000) return current.header;
      renewal ??= this.#newToken(app, installation, signal).then((token) => {
        log.conceal([token.secret]);
        return { header: `Bearer ${token.secret}`, until: token.until };
      });
      try {
        current = await renewal;
      } finally {
        renewal = undefined;
      }
      return current.header;
    };
    return credential(`${app.name}, installation ${installation}`, authorization, { renew: () => (current = undefined) });
  }

  async #installationId(app: GivenApp, owner: string, signal: AbortSignal): Promise<string | undefined> {
    // Searches, and users by number, are nobody's.
    if (owner === '') return undefined;
    for (const kind of ['orgs', 'users']) {
      const { verdict, body } = await this.#asApp(app, 'GET', `${kind}/${encodeURIComponent(owner)}/installation`, signal);
      if (verdict.kind === 'ok' && isJsonObject(body) && typeof body['id'] === 'number') return String(body['id']);
      if (verdict.kind !== 'refused') throw appRefused(app, verdict.kind);
    }
    return undefined;
  }

  /** The one with the lowest number that is not suspended, of the first hundred. */
  async #firstInstallation(app: GivenApp, signal: AbortSignal): Promise<string | undefined> {
    const { verdict, body } = await this.#asApp(app, 'GET', 'app/installations?per_page=100', signal);
    if (verdict.kind !== 'ok' || !Array.isArray(body)) throw appRefused(app, verdict.kind);
    const usable = (body as readonly Json[]).filter(isJsonObject).filter((each) => typeof each['suspended_at'] !== 'string');
    const numbers = usable.map(({ id }) => id).filter((id) => typeof id === 'number');
    return numbers.length === 0 ? undefined : String(Math.min(...numbers));
  }

  async #newToken(app: GivenApp, installation: string, signal: AbortSignal): Promise<{ secret: string; until: number }> {
    const path = `app/installations/${installation}/access_tokens`;
    const { verdict, body, reply } = await this.#asApp(app, 'POST', path, signal);
    const { token: secret, expires_at: expires } = isJsonObject(body) ? body : {};
    if (verdict.kind !== 'ok' || typeof secret !== 'string') throw appRefused(app, verdict.kind);
    const now = this.#o.clock.now();
    const left = Date.parse(textOf(expires)) - serverTime(reply.headers, now);
    return { secret, until: now + (Number.isNaN(left) ? 3_600_000 : left) };
  }

  /** A clock that is ahead makes tokens that are not valid yet: then the server's own time is taken. */
  async #asApp(app: GivenApp, method: 'GET' | 'POST', path: string, signal: AbortSignal): Promise<Exchanged> {
    const { address, exchange, clock } = this.#o;
    const ask = (now: number): Promise<Exchanged> =>
      exchange.send({ method, url: address.of(path) }, `Bearer ${signed(app, now)}`, signal);
    const exchanged = await ask(clock.now() + this.#skew);
    const skew = serverTime(exchanged.reply.headers, clock.now()) - clock.now();
    if (exchanged.verdict.kind !== 'unauthorized' || Math.abs(skew - this.#skew) < MOST_SKEW) return exchanged;
    this.#skew = skew;
    return ask(clock.now() + skew);
  }
}

/** Throws ConfigError for a key that is none. */
function signed(app: GivenApp, now: number): string {
  try {
    return appToken(app.id, app.key, now);
  } catch (error) {
    // What OpenSSL says may quote the key.
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ConfigError([{ path: app.name, message: `the private key cannot be used (${code})` }], { code: 'app-key' });
  }
}

/** Tokens that are looked at at once. */
const LOOKS = 10;

/** A token of an app is good for as much. */
const MOST_SKEW = 30_000;

const TOKEN_HINT =
  'Make a new token, or set invalid_token to warn to go on with the others. Is api_url_base the server that the token is for?';

function appRefused(app: GivenApp, why: string): Error {
  if (why === 'limited') {
    return new SystemError('GitHub limits the requests of an app', { code: 'rate-limited', facts: { app: app.name } });
  }
  return new ConfigError([{ path: app.name, message: 'GitHub does not accept this app: its id, key or installation is wrong' }], {
    code: 'app',
  });
}

function windowOf(value: Json | undefined): { limit: number; remaining: number; reset: number } | undefined {
  if (!isJsonObject(value)) return undefined;
  const { limit, remaining, reset } = value;
  return typeof limit === 'number' && typeof remaining === 'number' && typeof reset === 'number'
    ? { limit, remaining, reset }
    : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
