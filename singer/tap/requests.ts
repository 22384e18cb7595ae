import { Bookmarks } from './bookmarks.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import type { Run, StreamRequest } from '../plugin.ts';
import type { ReadRequest, Stream } from './source.ts';
import type { RecordSink } from './record-sink.ts';
import { planSync, type StreamPlan } from './sync-plan.ts';

/** What a stream is asked for. `limit`: read no more records than this. */
export function requestOf(o: {
  readonly plan: StreamPlan;
  readonly run: Run;
  readonly sink: Pick<RecordSink, 'head' | 'tail'>;
  readonly bookmark: JsonObject | undefined;
  readonly limit: number | undefined;
  readonly versioned: boolean;
}): ReadRequest {
  const { plan, run, sink } = o;
  return {
    method: plan.method,
    replicationKey: plan.replicationKey,
    bookmark: o.bookmark,
    keys: plan.keys,
    schema: plan.schema,
    columns: plan.columns.map((column) => column.name),
    whole: plan.whole,
    versioned: o.versioned,
    limit: o.limit,
    envelope: () => ({ head: Buffer.from(sink.head), tail: Buffer.from(sink.tail()) }),
    signal: run.signal,
    log: run.log,
  };
}

/** The same for a stream that is only asked about: nothing is read. */
export function askOf(plan: StreamPlan, run: Run, bookmark: JsonObject | undefined, versioned: boolean): ReadRequest {
  return requestOf({ plan, run, sink: { head: '', tail: () => '\n' }, bookmark, limit: undefined, versioned });
}

/** What a run would ask of these streams, in its order. Throws ConfigError for a catalog or state that cannot be used. */
export function streamRequests(
  streams: readonly Stream[],
  given: { readonly catalog: unknown; readonly state: unknown },
  run: Run,
): readonly StreamRequest[] {
  const bookmarks = new Bookmarks(given.state, run.log);
  const plans = inOrder(planSync(streams, given.catalog, run.log), bookmarks.currentlySyncing);
  return plans.map((plan) => {
    const bookmark = bookmarks.given(plan.stream.id, plan.stream.formerIds);
    const used = plan.method === 'FULL_TABLE' ? undefined : usableBookmark(bookmark, plan, run.log);
    return { stream: plan.stream, request: askOf(plan, run, used, false) };
  });
}

/** A bookmark that was made with another replication key says nothing about this one. */
export function usableBookmark(bookmark: JsonObject | undefined, plan: StreamPlan, log: Log): JsonObject | undefined {
  const key = bookmark?.['replication_key'];
  if (plan.replicationKey === undefined || typeof key !== 'string' || key === plan.replicationKey) return bookmark;
  log.warn('The bookmark of a stream is for another replication key; the stream starts anew', {
    stream: plan.stream.id,
    bookmark_key: key,
    replication_key: plan.replicationKey,
  });
  return undefined;
}

/** Begins with the stream that an earlier run was in the midst of, so that no stream waits forever. */
export function inOrder(plans: readonly StreamPlan[], first: string | undefined): readonly StreamPlan[] {
  const index = plans.findIndex((plan) => plan.stream.id === first);
  return index <= 0 ? plans : [...plans.slice(index), ...plans.slice(0, index)];
}
