import type { Config } from '../subject.ts';

/** Names of settings whose values are nobody's business. */
const SECRET_NAME = /pass|secret|token|key|credential|dsn|url|uri|private|auth/i;
const SHORTEST = 4;

/**
 * Takes the values of secret settings out of texts: those named like secrets, and the one that the caller names. Told texts are
 * what a stranger's plugin printed, so that it may show what it should not.
 */
export function masker(config: Config, secret: string | undefined): (text: string) => string {
  const values = Object.entries(config)
    .filter(([name]) => name === secret || SECRET_NAME.test(name))
    .flatMap(([, value]) => texts(value))
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  const longestFirst = [...new Set(values)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((sum, value) => sum.replaceAll(value, '***'), text);
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...passwordsIn(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** The password in `scheme://user:password@host`. */
function passwordsIn(text: string): string[] {
  const found = /^[\w+.-]+:\/\/[^:@/]*:([^@/]+)@/.exec(text)?.[1];
  return found === undefined ? [] : [found];
}
