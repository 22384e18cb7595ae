import type { JobResource } from '../../../clients/bigquery/resources.ts';

const TIB = 2 ** 40;
/** Of each table that a statement reads no less is billed: https://cloud.google.com/bigquery/pricing#on_demand_pricing */
const LEAST_BYTES = 10 * 2 ** 20;

/** What a statement costs, as logs, summaries and plans tell it. */
export interface Cost {
  readonly bytes_billed: number;
  /** In US dollars, to the millionth. */
  readonly price_usd: number;
}

/** @param pricePerTib in US dollars */
export function costOf(bytesBilled: number, pricePerTib: number): Cost {
  return { bytes_billed: bytesBilled, price_usd: Number(((bytesBilled / TIB) * pricePerTib).toFixed(6)) };
}

export function billed({ statistics }: JobResource): number {
  return Number(statistics?.query?.totalBytesBilled ?? 0);
}

/** What is billed at least for a statement that reads so many bytes of a table, and rows on their way beside it. */
export function leastBilled(bytes: number): number {
  return Math.max(bytes, LEAST_BYTES) + LEAST_BYTES;
}
