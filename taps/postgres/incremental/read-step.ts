import type { Session } from '../../../clients/postgres/connect.ts';
import { rowBytes, type CopyBlock } from '../../../clients/postgres/row-frames.ts';
import type { Batch } from '../../../singer/tap/index.ts';
import { cellAt, recordsIn, selectionWith, type Selection } from '../wire/output.ts';
import { PLACE, type Order, type Position } from './position.ts';
import { copySql, selectSql } from './query.ts';
import type { Incremental } from './incremental.ts';
import { joinedSince, type Facts } from './sight.ts';
import type { Start } from './start.ts';
import type { Step } from './steps.ts';
import { LastTies, SentRows } from './ties.ts';

/** Some rows of a step. */
export interface Part {
  readonly batch: Batch;
  /** Its records. */
  readonly sent: number;
  /** Where the order stands behind them; undefined if more of the same block follows, or they have no place in it. */
  readonly position: Position | undefined;
}

/** The SELECT of one step. */
export async function stepSql(
  { reading }: Incremental,
  { order, facts }: Pick<Start, 'order' | 'facts'>,
  session: Session,
  step: Step,
  limit: number | undefined,
): Promise<string> {
  const { segment, conditions } = step;
  return selectSql({
    relation: reading.relation,
    outputs: selectionOf(reading, order).outputs,
    order,
    segment,
    joined: await joinedIn(session, facts.oid, segment.newer),
    conditions,
    limit: limit === undefined ? undefined : limit + hashesBefore(step).length,
  });
}

/** The record, the replication key and what tells rows apart. */
function selectionOf({ columns }: Incremental['reading'], { key, ties = [] }: Order): Selection {
  return selectionWith(columns, [key.text, ...ties.map(({ text }) => text)]);
}

/** Rows at the position where a step begins that were sent already. */
function hashesBefore({ for: purpose, segment }: Step): readonly string[] {
  const within = segment.from?.within;
  return purpose === 'new' && typeof within === 'object' && 'sent' in within ? within.sent : [];
}

/** Reads the rows of one step in order; no more than the limit, but for rows that nothing tells from the last one. */
export async function* readStep(
  stream: Incremental,
  start: Pick<Start, 'order' | 'facts'>,
  session: Session,
  step: Step,
  limit: number | undefined,
): AsyncGenerator<Part, void> {
  const { reading, output } = stream;
  const { order, facts } = start;
  const sent = new SentRows(hashesBefore(step));
  const select = await stepSql(stream, start, session, step, limit);
  const { places } = selectionOf(reading, order);
  const keyAt = (block: CopyBlock, row: number): string | null => cellAt(block, row, places[0]!);
  const positionAfter = order.ties === undefined ? byHash(keyAt) : byTies(order, places, facts);
  for await (const block of session.copyOut(copySql(select), reading.request.signal)) {
    const position = positionAfter(block);
    const ranges = sent.expected ? rangesWithout(block, sent, step.segment.from!.value, keyAt) : [{ from: 0, to: block.rows }];
    for (const { from, to } of ranges) {
      let left = block.rows - from;
      for (const batch of output.records(block, from, to)) {
        const records = recordsIn(batch);
        left -= records;
        yield { batch, sent: records, position: left === 0 ? position : undefined };
      }
      if (from === block.rows) yield { batch: {}, sent: 0, position };
    }
  }
}

/** All rows of a table that was attached since count as new: no transaction tells. */
async function joinedIn(session: Session, oid: number | undefined, newer: Step['segment']['newer']): Promise<readonly string[]> {
  return newer === 'all' || oid === undefined ? [] : joinedSince(session, oid, newer.xid);
}

/** The replication key of a row. */
type KeyAt = (block: CopyBlock, row: number) => string | null;
type After = (block: CopyBlock) => Position | undefined;

/** The position behind the last row of a block, where the order tells all rows apart. */
function byTies({ ties }: Order, places: Selection['places'], facts: Facts): After {
  return (block) => {
    const [value, ...after] = places.map((place) => cellAt(block, block.rows - 1, place));
    const texts = after.map((text) => text ?? '');
    if (texts.length === 0) return { value: value!, within: 'all' };
    const file = ties === PLACE ? facts.files?.get(texts[0]!)?.file : undefined;
    return { value: value!, within: { after: texts, ...(file === undefined ? {} : { file }) } };
  };
}

/** The position behind the last row of a block, where nothing tells rows with the same value apart. */
function byHash(keyAt: KeyAt): After {
  const ties = new LastTies();
  return (block) => {
    const last = block.rows - 1;
    const value = keyAt(block, last);
    if (value === null) return undefined;
    let first = last;
    while (first > 0 && keyAt(block, first - 1) === value) first--;
    const hashes = ties.add(value, first, block.rows, (row) => rowBytes(block, row));
    return { value, within: hashes === undefined ? 'none' : { sent: hashes } };
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The rows of a block but for those that were sent already; they stand at its beginning and have this value. */
function rangesWithout(block: CopyBlock, sent: SentRows, value: string | null, keyAt: KeyAt): readonly Range[] {
  const ranges: Range[] = [];
  let from = 0;
  let row = 0;
  for (; row < block.rows && sent.expected && keyAt(block, row) === value; row++) {
    if (!sent.take(rowBytes(block, row))) continue;
    if (row > from) ranges.push({ from, to: row });
    from = row + 1;
  }
  ranges.push({ from, to: block.rows });
  return ranges;
}
