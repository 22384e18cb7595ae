import type { HeaderLookup } from '../api/transport.ts';
/**
 * How long a Retry-After header asks to wait (RFC 9110: seconds or a date), in milliseconds; undefined if it says nothing that can be
 * understood. A date counts from the server's own `Date`, so that a clock that is off does not matter.
 */
export function retryAfter(headers: HeaderLookup, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Math.max(1000, Number(text) * 1000);
  // Date.parse takes nearly anything for a date: `-5` is a month.
  const date = /^[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(1000, date - serverTime(headers, now));
}

/** The server's time in milliseconds since 1970; ours if it does not tell. */
export function serverTime(headers: HeaderLookup, now: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? now : date;
}
