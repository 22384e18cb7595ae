import type { Json } from './json.ts';

export type Outcome = 'succeeded' | 'failed';

/** Counts what flows; from it come Singer METRIC lines, the progress line and the summaries. */
export interface Meter {
  /** `records` more of `stream` were sent (tap) or accepted (target), of `bytes` bytes. */
  records(stream: string, records: number, bytes: number): void;
  /** A STATE left. */
  state(): void;
  /** The stream is done, or its run has failed: one summary line with its totals and these facts. */
  summary(stream: string, facts?: Readonly<Record<string, Json>>, outcome?: Outcome): void;
  /** Last metric lines out, progress line away. */
  close(): void;
}
