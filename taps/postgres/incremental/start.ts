import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { ConfigError, RecordError, type JsonObject } from '../../../singer/tap/index.ts';
import { readBookmark } from '../state/bookmark.ts';
import type { Coverage } from './coverage.ts';
import { streamOrder } from './order.ts';
import type { Order, Position } from './position.ts';
import type { Incremental } from './incremental.ts';
import { look, type Facts } from './sight.ts';

/** Where a reading begins. */
export interface Start {
  readonly facts: Facts;
  readonly order: Order;
  /** Undefined: at the first row. */
  readonly coverage: Coverage | undefined;
  /** What the bookmark says of transactions is said of this table. */
  readonly sameSource: boolean;
}

/**
 * Looks at the relation and at the bookmark in the transaction of a session, before anything is read. Throws ConfigError for values that
 * are none of the key's type, RecordError for rows without a key that the settings forbid, and the server's errors.
 */
export async function begin(stream: Incremental, session: Session, bookmark: JsonObject | undefined): Promise<Start> {
  const { reading, key, options } = stream;
  const { relation, request, id } = reading;
  const facts = await look(session, reading);
  const nullable = !key.notNull && options.nulls === 'include_once';
  const order = streamOrder(relation.table, key, nullable, facts.files !== undefined);
  const said = readBookmark(bookmark, order);
  if (said === undefined && bookmark !== undefined && 'replication_key_value' in bookmark) {
    request.log.warn('The bookmark of a stream has no usable replication_key_value; the stream starts anew', { stream: id });
  }
  const isOther = said?.keyType !== undefined && said.keyType !== key.type.name;
  if (isOther) {
    request.log.warn('The replication key has another type than it had; the stream starts anew', {
      stream: id,
      replication_key: key.name,
      was: said.keyType,
      is: key.type.name,
    });
  }
  const coverage = said === undefined || isOther ? undefined : valid(said.coverage, order, facts);
  await checkValues(stream, session, order, coverage);
  if (!key.notNull && options.nulls === 'fail') await refuseNulls(stream, session);
  const sameSource = said?.source === facts.source;
  tell(stream, facts, coverage, sameSource);
  return { facts, order, coverage, sameSource };
}

/** The part of a coverage that is still true. */
function valid({ upTo, seen, late }: Coverage, order: Order, { files }: Facts): Coverage | undefined {
  const place = (position: Position): Position => {
    const { value, within } = position;
    if (typeof within !== 'object' || !('after' in within) || within.file === undefined) return position;
    // The rows of a file that was written anew stand in other places.
    return files?.get(within.after[0]!)?.file === within.file ? position : { value, within: 'none' };
  };
  const isPassed = (position: Position): boolean => position.value === null && (!order.nullable || position.within === 'none');
  const at = place(upTo);
  if (isPassed(at)) return undefined;
  const lateAt = late === undefined ? undefined : place(late.upTo);
  return { upTo: at, seen, ...(late === undefined || isPassed(lateAt!) ? {} : { late: { upTo: lateAt!, seen: late.seen } }) };
}

/** Has the server read the values of the bookmark and of the settings, so that an error of theirs is told as such. */
async function checkValues(
  { reading, key, options }: Incremental,
  session: Session,
  order: Order,
  coverage: Coverage | undefined,
): Promise<void> {
  const values = [coverage?.upTo, coverage?.late?.upTo].flatMap((position) => position?.value ?? []);
  const read = async (path: string, text: string, more: (value: string) => string = (value) => value): Promise<void> => {
    try {
      await session.query(`SELECT ${more(order.key.value(text))}`);
    } catch (error) {
      if (sqlState(error)?.startsWith('22') !== true) throw error;
      throw new ConfigError(
        [{ path, message: `is not a value of type ${key.type.text}, which the replication key ${key.name} has` }],
        {
          code: 'replication-key-value',
          facts: { stream: reading.id },
          hint: 'Correct it, or take the bookmark of the stream out of the state to start anew.',
        },
      );
    }
  };
  for (const text of options.starts) await read(`start_value of ${reading.id}`, text);
  for (const text of values) await read(`bookmarks.${reading.id}.replication_key_value`, text);
  if (options.lookback !== undefined && values.length > 0) await read(`lookback of ${reading.id}`, values[0]!, options.lookback);
}

async function refuseNulls({ reading, key, options }: Incremental, session: Session): Promise<void> {
  const { relation, id } = reading;
  const order = streamOrder(undefined, key, false, false);
  const conditions = [`${order.key.sql} IS NULL`, ...relation.filters.map((filter) => `(${filter}\n)`)];
  const { rows } = await session.query(`SELECT EXISTS (SELECT FROM ${relation.sql} WHERE ${conditions.join(' AND ')}) AS found`);
  if (rows[0]?.['found'] !== true) return;
  throw new RecordError(
    `Rows of stream ${JSON.stringify(id)} have no ${JSON.stringify(key.name)}, which is the replication key`,
    {
      code: 'replication-key-null',
      facts: { stream: id, replication_key: key.name, null_replication_key: options.nulls },
      hint: 'Repair the rows, or set null_replication_key.',
    },
  );
}

function tell({ reading, options }: Incremental, facts: Facts, coverage: Coverage | undefined, sameSource: boolean): void {
  const { log } = reading.request;
  const stream = { stream: reading.id };
  if (facts.files === undefined && options.findLate && options.lookback === undefined) {
    log.info(
      'Rows of this stream do not tell when they were committed: those that are committed late, with a replication key that is passed already, are missed unless lookback is set',
      stream,
    );
  }
  if (facts.files !== undefined && options.findLate && coverage?.seen !== undefined && !sameSource) {
    log.warn(
      'The bookmark is of another table or server, or of another one of its lives: all rows are looked at again, so that none is missed',
      stream,
    );
  }
}
