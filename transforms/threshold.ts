/** So many, or such a share (0 to 1) of all. */
export type Threshold = { readonly count: number } | { readonly share: number };

export const THRESHOLD_FORM = 'must be a whole number of records, or a share such as 5%';

/** `5%` is a share of all records, `100` a count; undefined for anything else. */
export function thresholdOf(text: string | number): Threshold | undefined {
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(text))?.[1];
  if (share !== undefined) return Number(share) <= 100 ? { share: Number(share) / 100 } : undefined;
  const count = Number(text);
  return Number.isInteger(count) && count >= 0 && String(text).trim() !== '' ? { count } : undefined;
}
