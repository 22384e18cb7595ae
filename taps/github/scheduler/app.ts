import { createPrivateKey, sign } from 'node:crypto';

/** GitHub's own limit is ten minutes from `iat`; ours begins a minute early, for clocks that are off. */
const BACKDATED_SECONDS = 60;
const LIFETIME_SECONDS = 540;

/**
 * The JSON Web Token (RS256) by which an app shows who it is. `now` in milliseconds, by the server's clock if that is known.
 * Throws if the key is none; the message does not quote it.
 */
export function appToken(appId: string, pem: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - BACKDATED_SECONDS, exp: seconds - BACKDATED_SECONDS + LIFETIME_SECONDS, iss: appId };
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`;
  const signature = sign('RSA-SHA256', Buffer.from(signed), createPrivateKey(pem));
  return `${signed}.${signature.toString('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
