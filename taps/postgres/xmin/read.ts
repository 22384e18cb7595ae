import type { Session } from '../../../clients/postgres/connect.ts';
import { type Batch, ConfigError, type JsonObject } from '../../../singer/tap/index.ts';
import { inAttempts } from '../attempts.ts';
import { remembered } from '../incremental/coverage.ts';
import { joinedSince, look, type Facts } from '../incremental/sight.ts';
import { horizonOf, newerThan, type Snapshot } from '../incremental/snapshot.ts';
import type { Query, Reading } from '../reading.ts';
import { outputOf, recordsIn, type Output } from '../wire/output.ts';
import { pieceSql } from '../pages/piece-sql.ts';
import { END, piecesOf, TID_RANGES, WHOLE, type Piece, type PlaceReached, type Since } from '../pages/pieces.ts';
import { rowsOf } from '../rows-of.ts';
import { readXmin, xminJson, type XminCoverage } from './bookmark.ts';

/**
 * Reads the rows of a table that transactions have written which the last run did not see, whatever is in them, in the order in which they are
 * stored. See docs/decisions for what ids of transactions promise. Throws TaplineError.
 */
export async function* readXminKey(reading: Reading): AsyncGenerator<Batch, void> {
  const output = outputOf(reading);
  const left = { records: reading.config.max_record_count ?? Infinity };
  try {
    yield* inAttempts(reading, (session, bookmark) => readOnce(reading, output, session, bookmark, left));
  } finally {
    output.tell();
  }
}

async function* readOnce(
  reading: Reading,
  output: Output,
  session: Session,
  bookmark: JsonObject | undefined,
  left: { records: number },
): AsyncGenerator<Batch, void> {
  const facts = await look(session, reading);
  let coverage = coverageOf(reading, facts, bookmark);
  const seen = remembered(facts.sight);
  const cut = coverage.reading;
  const pieces = await planned(reading, session, facts, coverage);
  const bookmarked = (next: XminCoverage): Pick<Batch, 'bookmark'> => {
    coverage = next;
    return { bookmark: xminJson(coverage, facts.source) };
  };
  for (const piece of pieces.again) yield* rowsOf(reading, output, session, pieceSql(reading, piece));
  if (cut !== undefined) yield bookmarked({ ...coverage, reading: { ...cut, seen } });
  for (const piece of pieces.rest) {
    for await (const batch of rowsOf(reading, output, session, pieceSql(reading, piece))) {
      left.records -= recordsIn(batch);
      yield batch;
    }
    const at: PlaceReached = { seen, table: piece.table, file: piece.file.file, page: piece.before ?? END };
    yield bookmarked({ ...coverage, reading: at });
    if (left.records <= 0) return;
  }
  yield bookmarked({ seen });
}

async function planned(
  reading: Reading,
  session: Session,
  facts: Facts,
  coverage: XminCoverage,
): Promise<ReturnType<typeof piecesOf>> {
  const files = facts.files ?? refuse(reading);
  const cut = coverage.reading;
  return piecesOf({
    // Where its parts may not be read one by one, a table is one piece.
    files: isWhole(reading) ? new Map([[String(facts.oid), WHOLE]]) : files,
    since: await sinceOf(session, reading, facts, coverage.seen),
    cut: cut === undefined ? undefined : { at: cut, since: await sinceOf(session, reading, facts, cut.seen) },
    atOnce: reading.config.resume_interval_bytes,
    byPages: session.version >= TID_RANGES && !isWhole(reading),
  });
}

/** The queries that a run would send, as it stands now. Throws as `readXminKey` does. */
export async function xminQueries(reading: Reading, session: Session): Promise<Query[]> {
  const facts = await look(session, reading);
  const pieces = await planned(reading, session, facts, coverageOf(reading, facts, reading.request.bookmark));
  const query = (purpose: string) => (piece: Piece) => ({ purpose, sql: pieceSql(reading, piece) });
  return [
    ...pieces.again.map(query('what was written since to pages that were read')),
    ...pieces.rest.map(query('pages that are still to be read')),
  ];
}

function isWhole({ relation }: Reading): boolean {
  return relation.table!.parent && relation.table!.leaves.length === 0;
}

function refuse({ id }: Reading): never {
  throw new ConfigError(
    [
      {
        path: id,
        message:
          'cannot be read by xmin: it (or a part of it) is no table of the usual kind, or the role may read some columns only',
      },
    ],
    {
      code: 'xmin-unavailable',
      facts: { stream: id },
      hint: 'Choose a column as replication key, or FULL_TABLE.',
    },
  );
}

function coverageOf({ request, id }: Reading, { source }: Facts, bookmark: JsonObject | undefined): XminCoverage {
  const said = readXmin(bookmark);
  if (said?.source === source) return said.coverage;
  if (bookmark !== undefined) {
    request.log.warn(
      'The bookmark is of another table or server, or of another one of its lives, or none by xmin: all rows are sent',
      { stream: id },
    );
  }
  return { seen: undefined };
}

async function sinceOf(session: Session, reading: Reading, { sight, oid }: Facts, seen: Snapshot | undefined): Promise<Since> {
  const newer = seen === undefined ? 'all' : newerThan(horizonOf(seen, remembered(sight)), sight.snapshot);
  const joined = typeof newer === 'object' ? await joinedSince(session, oid!, newer.xid) : [];
  return { newer: joined.length > 0 && isWhole(reading) ? 'all' : newer, joined: new Set(joined) };
}
