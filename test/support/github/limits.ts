/** What one credential may still ask of one resource. */
export interface Quota {
  limit: number;
  used: number;
  /** Milliseconds; the window ends then. */
  reset: number;
}

export const RESOURCES = ['core', 'search', 'graphql'] as const;
export type Resource = (typeof RESOURCES)[number];

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The primary limits, by credential and resource, as GitHub keeps them: a window begins with its first request. */
export class Limits {
  readonly #quotas = new Map<string, Quota>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param limit requests per window, for a credential that is not known yet */
  of(credential: string, resource: Resource, limit: number): Quota {
    const key = `${credential} ${resource}`;
    const found = this.#quotas.get(key);
    if (found !== undefined && found.reset > this.#now()) return found;
    const each = found?.limit ?? (resource === 'search' ? Math.min(limit, 30) : limit);
    const fresh = { limit: each, used: 0, reset: this.#now() + (resource === 'search' ? MINUTE : HOUR) };
    this.#quotas.set(key, fresh);
    return fresh;
  }

  /** Leaves a credential so many requests until a reset that is so many seconds away. */
  leave(credential: string, remaining: number, seconds: number, resource: Resource = 'core'): void {
    const limit = 5000;
    this.#quotas.set(`${credential} ${resource}`, { limit, used: limit - remaining, reset: this.#now() + seconds * 1000 });
  }
}

/** The headers that tell of a quota. */
export function quotaHeaders(quota: Quota, resource: Resource): Record<string, string> {
  return {
    'x-ratelimit-limit': String(quota.limit),
    'x-ratelimit-remaining': String(Math.max(0, quota.limit - quota.used)),
    'x-ratelimit-used': String(quota.used),
    'x-ratelimit-reset': String(Math.ceil(quota.reset / 1000)),
    'x-ratelimit-resource': resource,
  };
}
