import type { TableColumn } from '../model.ts';
import type { Reading } from '../reading.ts';
import type { IncrementalOptions } from './options.ts';
import type { Output } from './output.ts';

/** An INCREMENTAL stream. */
export interface Incremental {
  readonly reading: Reading;
  /** The replication key. */
  readonly key: TableColumn;
  readonly options: IncrementalOptions;
  readonly output: Output;
}
