import type { TableColumn } from '../model.ts';
import type { Reading } from '../reading.ts';
import type { Output } from '../wire/output.ts';
import type { IncrementalOptions } from './options.ts';

/** An INCREMENTAL stream. */
export interface Incremental {
  readonly reading: Reading;
  /** The replication key. */
  readonly key: TableColumn;
  readonly options: IncrementalOptions;
  readonly output: Output;
}
