import type { Checkpoint } from './checkpoint.ts';
import { InputError } from '../errors.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { Log } from '../log.ts';
import type { OpenStream } from './open-stream.ts';

/** The stream that a state says the tap was reading; a tap that has finished says none. */
function currentlySyncing(state: Json | undefined): string | undefined {
  const stream = isJsonObject(state) ? state['currently_syncing'] : undefined;
  return typeof stream === 'string' ? stream : undefined;
}

/** The streams that a state says were not finished: `currently_syncing`, and those with the SDK's progress markers. */
function unfinished(state: Json | undefined): string[] {
  const bookmarks = isJsonObject(state) && isJsonObject(state['bookmarks']) ? Object.entries(state['bookmarks']) : [];
  const marked = bookmarks.filter(([, bookmark]) => isJsonObject(bookmark) && bookmark['progress_markers'] !== undefined);
  const current = currentlySyncing(state);
  return [...marked.map(([stream]) => stream), ...(current === undefined ? [] : [current])];
}

/** What an input that ended at the end of a line has shown. */
export interface Ending {
  readonly streams: ReadonlyMap<string, OpenStream>;
  readonly lastState: Json | undefined;
  /** Rows after the newest STATE, by stream. */
  readonly uncovered: ReadonlyMap<string, number>;
  /** Streams with a bad record after the newest STATE that is not among their rows, because it was put aside. */
  readonly isolated: ReadonlySet<string>;
}

/**
 * The streams whose end is proven: a STATE came after their last record and does not say that they go on, or their version
 * was activated after it.
 */
export function completeStreams({ streams, lastState, uncovered, isolated }: Ending): Set<string> {
  const proven = lastState === undefined ? [] : [...streams.keys()];
  const open = new Set([...unfinished(lastState), ...uncovered.keys(), ...isolated]);
  const activated = [...streams].filter(([, { life }]) => life.versions.ended).map(([stream]) => stream);
  return new Set([...proven.filter((stream) => !open.has(stream)), ...activated]);
}

/** The error for an input that ended within a stream, as its last STATE says: records that none covers are then left; undefined if it did not. */
export function unfinishedInput({ lastState, uncovered }: Ending): InputError | undefined {
  const stream = currentlySyncing(lastState);
  if (stream === undefined || uncovered.size === 0) return undefined;
  const records = [...uncovered.values()].reduce((a, b) => a + b, 0);
  return new InputError(
    `The upstream ended before it had finished ${stream}: ${records} records after its last STATE are left for the next run`,
    {
      code: 'input-unfinished',
      facts: { stream, records },
      hint: 'See why the upstream stopped, then run again from the last printed state.',
    },
  );
}

/**
 * Has the versions activated that waited for their rows and whose stream is complete. The others stay as they are: rows of
 * older versions live on, and it is told why.
 */
export function activateWaiting(ending: Ending, complete: ReadonlySet<string>, checkpoint: Checkpoint, log: Log): void {
  for (const [stream, { part, life, announcement }] of ending.streams) {
    const waiting = life.versions.waiting();
    if (waiting === undefined || part === undefined) continue;
    const { version, came } = waiting;
    // A stream of which bad records were put aside was not empty.
    const mayBeEmpty = announcement.config.allow_empty_activate && life.quarantined === 0;
    if (!came && !mayBeEmpty) refuseActivation(log, stream, version, 'activate-without-rows');
    else if (!complete.has(stream)) refuseActivation(log, stream, version, 'activate-unproven');
    else {
      life.versions.activateWaiting();
      checkpoint.activateCovered(part, version);
    }
  }
}

/** Why a version is not activated. */
const REFUSALS = {
  'activate-without-versions': 'records of the stream have no version, and would be deleted with the old ones',
  'activate-without-rows': 'no record of this version came; allow_empty_activate takes that as an empty stream',
  'activate-unproven': 'no STATE after its last record shows that the stream was read to its end',
} as const;

/** Tells that a version is not activated. */
export function refuseActivation(log: Log, stream: string, version: number, code: keyof typeof REFUSALS): void {
  log.warnOnce(`activate ${stream}`, `ACTIVATE_VERSION is refused, rows of older versions stay: ${REFUSALS[code]}`, {
    code,
    stream,
    version,
  });
}
