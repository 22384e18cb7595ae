import type pg from 'pg';

/**
 * Loads the driver, at the first call. It asks whether it runs at Cloudflare: by `navigator`, and where Node has none (before 21) by making
 * a Response, for which all of fetch is loaded, a tenth of a run's start. So there it finds a `navigator` meanwhile.
 */
export async function loadDriver(): Promise<typeof pg> {
  const lacks = !('navigator' in globalThis);
  if (lacks) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true });
  try {
    return (await import('pg')).default;
  } finally {
    if (lacks) Reflect.deleteProperty(globalThis, 'navigator');
  }
}
