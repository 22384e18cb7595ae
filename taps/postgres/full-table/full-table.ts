import type { Session } from '../../../clients/postgres/connect.ts';
import type { Facts } from '../incremental/sight.ts';
import type { Reading } from '../reading.ts';
import type { Output } from '../wire/output.ts';

/** A FULL_TABLE stream that is read in one transaction. */
export interface FullTable {
  readonly reading: Reading;
  readonly output: Output;
  readonly session: Session;
  readonly facts: Facts;
  /** See `readsOf`. */
  readonly reads: string;
}
