import type { ReadRequest } from '../../singer/tap/index.ts';

/** How old the `time_extracted` of a record may be. */
const MAX_AGE_MILLISECONDS = 1000;

/**
 * Gives the bytes after a record anew, with the time of now, once those in use are a second old; otherwise undefined. To be asked per
 * batch: a file may take hours.
 */
export function tailClock(
  request: Pick<ReadRequest, 'whole' | 'envelope'>,
  now = () => performance.now(),
): () => Buffer | undefined {
  let made = now();
  return () => {
    const time = now();
    if (!request.whole || time - made < MAX_AGE_MILLISECONDS) return undefined;
    made = time;
    return request.envelope().tail;
  };
}
