import { createHash, verify } from 'node:crypto';
import { notFound, refusal, type Answer } from './answer.ts';
import { made } from './records.ts';
import type { Question } from './routes.ts';
import type { App } from './world.ts';

const HOUR = 3_600_000;
/** An app's own token may live for so many seconds. */
const LONGEST = 600;

/** The app whose JWT came, or what GitHub says of one that is wrong. */
function appOf({ token, world, now }: Question): App | Answer {
  const [head = '', payload = '', signature = ''] = (token ?? '').split('.');
  const claims = decoded(payload);
  const app = world.apps.find(({ id }) => id === String(claims?.['iss']));
  if (claims === undefined || app === undefined) return refusal(401, 'A JSON web token could not be decoded');
  const signed = verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), app.publicKey, Buffer.from(signature, 'base64url'));
  if (!signed || decoded(head)?.['alg'] !== 'RS256') return refusal(401, 'A JSON web token could not be decoded');
  const [issued, expires] = [Number(claims['iat']), Number(claims['exp'])];
  const seconds = now / 1000;
  if (!(issued <= seconds)) {
    return refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  }
  if (!(expires > seconds))
    return refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (expires > seconds + LONGEST) return refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  return app;
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const isApp = (found: App | Answer): found is App => 'installations' in found;

/** `GET /app/installations`. */
export function installations(question: Question): Answer {
  const app = appOf(question);
  if (!isApp(app)) return app;
  return { status: 200, body: app.installations.map((each) => described(app, each)), operation: 'get /app/installations' };
}

/** The installation of the asking app with an owner. */
export function installationOf(question: Question, owner: string): Answer {
  const app = appOf(question);
  if (!isApp(app)) return app;
  const found = app.installations.find(({ account }) => account.toLowerCase() === owner.toLowerCase());
  if (found === undefined) return notFound();
  return { status: 200, body: described(app, found), operation: 'get /orgs/{org}/installation' };
}

/** Makes a token for an installation; it sees what its account owns and ends after an hour. */
export function createToken(question: Question, installation: number): Answer {
  const app = appOf(question);
  if (!isApp(app)) return app;
  const found = app.installations.find(({ id }) => id === installation);
  if (found === undefined) return notFound();
  if (found.suspended === true) return refusal(403, 'This installation has been suspended');
  const expires = question.now + HOUR;
  const seed = `${installation} ${question.world.credentials.size}`;
  const token = `ghs_${createHash('sha256').update(seed).digest('hex').slice(0, 36)}`;
  question.world.token(token, { login: `app-${app.id}`, scopes: undefined, expires, sees: { owner: found.account } });
  return {
    status: 201,
    body: {
      token,
      expires_at: new Date(expires).toISOString(),
      permissions: { contents: 'read', metadata: 'read' },
      repository_selection: 'all',
    },
    operation: 'post /app/installations/{installation_id}/access_tokens',
  };
}

function described(app: App, { id, account, suspended }: App['installations'][number]): object {
  const whole = made('installation', id);
  return {
    ...whole,
    id,
    app_id: Number(app.id),
    // The description asks for the members of both, a user and an enterprise.
    account: { ...made('enterprise', id), ...made('simple-user', id), login: account },
    target_type: 'Organization',
    permissions: { contents: 'read', metadata: 'read' },
    suspended_by: null,
    suspended_at: suspended === true ? '2026-01-01T00:00:00Z' : null,
  };
}
