/** A number of calls, or a share of the quota. */
export type Share = { readonly calls: number } | { readonly percent: number };

/** Reads `1000`, `"1000"` or `"30%"`; undefined for anything else. */
export function shareOf(value: number | string): Share | undefined {
  const [, digits, percent] = /^\s*(\d{1,9}(?:\.\d+)?)\s*(%?)\s*$/.exec(String(value)) ?? [];
  if (digits === undefined) return undefined;
  const number = Number(digits);
  if (percent === '%') return number <= 100 ? { percent: number } : undefined;
  return Number.isInteger(number) ? { calls: number } : undefined;
}

/** The calls of a share of this limit. */
export function callsOf(share: Share, limit: number): number {
  return 'calls' in share ? share.calls : Math.floor((share.percent * limit) / 100);
}
