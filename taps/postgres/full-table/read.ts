import type { Session } from '../../../clients/postgres/connect.ts';
import { type Batch, type JsonObject, SystemError } from '../../../singer/tap/index.ts';
import { inAttempts } from '../attempts.ts';
import { look, type Facts } from '../incremental/sight.ts';
import { pieceSql } from '../pages/piece-sql.ts';
import type { Query, Reading } from '../reading.ts';
import { rowsOf } from '../rows-of.ts';
import { outputOf } from '../wire/output.ts';
import type { FullTable } from './full-table.ts';
import { readKeys } from './read-keys.ts';
import { pagesToRead, readPages } from './read-pages.ts';
import { resumption, type Resumption } from './resumption.ts';
import { allSql, keysSql } from './sql.ts';
import { readsOf, wayOf, whyAnew, type FullTableWay } from './way.ts';

/**
 * Reads a whole table, with a bookmark wherever it could go on. What it promises, and why, is in docs/decisions. Throws TaplineError; SystemError
 * `table-rewritten` if what was read of the table before a lost connection is not there any more.
 */
export async function* readFullTable(reading: Reading): AsyncGenerator<Batch, void> {
  const output = outputOf(reading);
  const goesOn = whyAnew(reading) === undefined;
  // A window of an INCREMENTAL stream has a bookmark, which is none of ours.
  const from = goesOn ? reading : { ...reading, request: { ...reading.request, bookmark: undefined } };
  // Without a key, what is sent twice is there twice.
  const repeats = goesOn && reading.request.keys.length > 0;
  try {
    for await (const batch of inAttempts(from, (session, at) => readOnce(reading, output, session, at), repeats)) {
      const { bookmark, ...records } = batch;
      yield goesOn && bookmark !== undefined ? batch : records;
    }
  } finally {
    output.tell();
  }
}

/** Why a reading that was cut short cannot go on; undefined: it can. Throws as `readFullTable` does. */
export async function whyNoResume(reading: Reading): Promise<string | undefined> {
  const always = whyAnew(reading);
  if (always !== undefined) return always;
  const session = await reading.sessions.begin();
  try {
    const { at } = await begin(reading, session, reading.request.bookmark);
    return at?.by === 'nothing' ? at.reason : undefined;
  } finally {
    await reading.sessions.end(session);
  }
}

/** The queries that a run would send, as it stands now; of those for pages the first one. Throws as `readFullTable` does. */
export async function fullTableQueries(reading: Reading, session: Session): Promise<Query[]> {
  const { way } = await begin(reading, session, undefined);
  if (way.by === 'keys') return [{ purpose: 'all rows, by their keys', sql: keysSql(reading, way.order, undefined) }];
  if (way.by === 'nothing') {
    return [{ purpose: reading.config.window === undefined ? 'all rows' : 'all rows of the window', sql: allSql(reading) }];
  }
  const [first, ...others] = pagesToRead(reading, way.files, undefined).rest;
  if (first === undefined) return [];
  const purpose = others.length === 0 ? 'all rows' : `all rows: the first of ${others.length + 1} pieces`;
  return [{ purpose, sql: pieceSql(reading, first) }];
}

async function* readOnce(
  reading: Reading,
  output: FullTable['output'],
  session: Session,
  bookmark: JsonObject | undefined,
): AsyncGenerator<Batch, void> {
  const { way, at, facts, reads } = await begin(reading, session, bookmark);
  if (at?.by === 'nothing') throw rewritten(reading, at.reason);
  const table: FullTable = { reading, output, session, facts, reads };
  if (way.by === 'pages') yield* readPages(table, way.files, at?.by === 'pages' ? at : undefined);
  else if (way.by === 'keys') yield* readKeys(table, way.order, at?.by === 'keys' ? at.place : undefined);
  else yield* rowsOf(reading, output, session, allSql(reading));
}

/** Looks at the table and at the bookmark in the transaction of a session, before anything is read. */
async function begin(
  reading: Reading,
  session: Session,
  bookmark: JsonObject | undefined,
): Promise<{ readonly facts: Facts; readonly reads: string; readonly way: FullTableWay; readonly at: Resumption | undefined }> {
  const facts = await look(session, reading);
  if (facts.rewritten) throw rewritten(reading, 'it was truncated or written anew at this moment');
  const way = await wayOf(reading, session, facts);
  const reads = readsOf(reading);
  return { facts, reads, way, at: bookmark === undefined ? undefined : resumption(way, facts, reads, bookmark) };
}

function rewritten({ id }: Reading, reason: string): SystemError {
  return new SystemError(`The reading of stream ${JSON.stringify(id)} cannot go on where it was: ${reason}`, {
    code: 'table-rewritten',
    facts: { stream: id },
    hint: 'Run again: the table is read from its beginning then.',
  });
}
