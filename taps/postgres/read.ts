import type { Batch } from '../../singer/tap/index.ts';
import { readFullTable } from './full-table/read.ts';
import { readIncremental } from './incremental/read.ts';
import { firstOf } from './limits/first.ts';
import { type Reading, wayOf } from './reading.ts';
import { readXminKey } from './xmin/read.ts';

export { whyNoResume } from './full-table/read.ts';

/** Reads a stream in the way that is asked for. Discovery never loads this file. Throws what the ways throw. */
export function read(reading: Reading): AsyncIterable<Batch> {
  switch (wayOf(reading)) {
    case 'xmin':
      return readXminKey(reading);
    case 'incremental':
      return readIncremental(reading);
    default:
      // Of a window all is read, whatever the bookmark says, and the bookmark stays.
      return firstOf(reading.config.max_record_count, readFullTable(reading));
  }
}
