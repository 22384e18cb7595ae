import type { Session } from '../../../clients/postgres/connect.ts';
import type { Batch, JsonObject } from '../../../singer/tap/index.ts';
import { inAttempts } from '../attempts.ts';
import type { Query, Reading } from '../reading.ts';
import { bookmarkJson } from '../state/bookmark.ts';
import { outputOf } from '../wire/output.ts';
import { advanced, caughtUp, lateReached } from './coverage.ts';
import { incrementalOptions } from './options.ts';
import type { Incremental } from './incremental.ts';
import type { Position } from './position.ts';
import { begin } from './start.ts';
import { readStep, stepSql } from './read-step.ts';
import { stepsOf, type Step } from './steps.ts';

/**
 * Reads what is new of a stream by its replication key, in order, with a bookmark behind each block of rows. What it promises, and why,
 * is in docs/decisions. Throws TaplineError.
 */
export async function* readIncremental(reading: Reading): AsyncGenerator<Batch, void> {
  const stream = incrementalOf(reading);
  const left = { records: reading.config.max_record_count };
  try {
    yield* inAttempts(reading, (session, bookmark) => readOnce(stream, session, bookmark, left));
  } finally {
    stream.output.tell();
  }
}

/** Throws ConfigError for settings that do not go with the replication key. */
export function incrementalOf(reading: Reading): Incremental {
  const { relation, request, config, id } = reading;
  const key = relation.columns.find(({ name }) => name === request.replicationKey)!;
  return { reading, key, options: incrementalOptions(config, id, key), output: outputOf(reading) };
}

/** The queries that a run would send, as it stands now. Throws as `readIncremental` does. */
export async function incrementalQueries(reading: Reading, session: Session): Promise<Query[]> {
  const stream = incrementalOf(reading);
  const start = await begin(stream, session, reading.request.bookmark);
  const { key, options } = stream;
  const queries: Query[] = [];
  for (const step of stepsOf({ key, options, ...start })) {
    queries.push({
      purpose: PURPOSES[step.for],
      sql: await stepSql(stream, start, session, step, reading.config.max_record_count),
    });
  }
  return queries;
}

const PURPOSES: Readonly<Record<Step['for'], string>> = {
  again: 'rows that every run sends again',
  late: 'rows before the bookmark that were committed since',
  new: 'rows behind the bookmark',
};

/** Reads on from a bookmark in one transaction. `left`: records that the run may still read. */
async function* readOnce(
  stream: Incremental,
  session: Session,
  bookmark: JsonObject | undefined,
  left: { records: number | undefined },
): AsyncGenerator<Batch, void> {
  const { key, options, reading } = stream;
  const start = await begin(stream, session, bookmark);
  const { facts, order } = start;
  // Where rows tell who wrote them.
  const now = facts.files === undefined ? undefined : facts.sight;
  const seeks = options.findLate && now !== undefined;
  let { coverage } = start;
  const reached = (step: Step, upTo: Position): void => {
    coverage =
      step.for === 'late' ? lateReached(coverage!, upTo, facts.sight) : advanced(coverage, upTo, now, seeks || now === undefined);
  };
  const bookmarked = (): Pick<Batch, 'bookmark'> => {
    if (coverage === undefined) return {};
    return { bookmark: bookmarkJson({ name: key.name, type: key.type.name, order }, { coverage, source: facts.source }) };
  };
  const steps = stepsOf({ key, order, options, facts, coverage, sameSource: start.sameSource });
  const firstNew = steps.findIndex((step) => step.for === 'new');
  for (const [index, step] of steps.entries()) {
    if (index === firstNew && seeks && coverage?.seen !== undefined) {
      coverage = caughtUp(coverage, now);
      yield bookmarked();
    }
    const isCounted = step.for !== 'again';
    const limit = reading.request.limit ?? (isCounted ? left.records : undefined);
    let last: Position | undefined;
    let sent = 0;
    for await (const part of readStep(stream, start, session, step, limit)) {
      sent += part.sent;
      if (isCounted && left.records !== undefined) left.records = Math.max(0, left.records - part.sent);
      if (!isCounted || part.position === undefined) {
        yield part.batch;
        continue;
      }
      last = part.position;
      reached(step, last);
      yield { ...part.batch, ...bookmarked() };
    }
    if (limit !== undefined && sent >= limit) return;
    if (step.for !== 'new') continue;
    const end = step.segment.upTo ?? last ?? coverage?.upTo;
    if (end !== undefined) reached(step, order.ties === undefined ? end : { ...end, within: 'all' });
    yield bookmarked();
  }
}
