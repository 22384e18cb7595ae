import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { ident, qualified } from '../../../clients/postgres/quote.ts';
import type { Transactor } from '../../../clients/postgres/transactor.ts';
import { plainName, type Log } from '../../../singer/index.ts';
import { MAX_NAME_BYTES } from './naming.ts';
import type { TablePlan } from './plan.ts';

/** What the server says to CONCURRENTLY where that cannot be, for example on a partitioned table. */
const NOT_SUPPORTED = '0A000';

/** An index by the name that it has in every run. */
export interface WantedIndex {
  readonly name: string;
  /** `ON table (columns)`, quoted. */
  readonly definition: string;
}

/** The indexes that a plan asks for. */
export function wantedIndexes(plan: TablePlan): readonly WantedIndex[] {
  return (plan.extras?.indexes ?? []).map((columns) => ({
    name: plainName(`${plan.table}_${columns.join('_')}_idx`, { casing: 'keep', maxBytes: MAX_NAME_BYTES }),
    definition: `ON ${qualified(plan.schema, plan.table)} (${columns.map(ident).join(', ')})`,
  }));
}

/** The statement that makes an index. `concurrently` blocks no writers and takes two passes; it cannot be in a transaction. */
export function createIndexSql({ name, definition }: WantedIndex, concurrently: boolean): string {
  return `CREATE INDEX ${concurrently ? 'CONCURRENTLY ' : ''}IF NOT EXISTS ${ident(name)} ${definition}`;
}

/** Makes what is missing of the indexes of a table. `concurrently` for a table that others may be using. */
export async function ensureIndexes(tx: Transactor, plan: TablePlan, concurrently: boolean, log: Log): Promise<void> {
  for (const index of wantedIndexes(plan)) {
    const state = await tx.read((session) => stateOf(session, plan.schema, index.name));
    if (state === 'valid') continue;
    const started = performance.now();
    await tx.read(async (session) => {
      // Left by a concurrent build that was cut off: IF NOT EXISTS would take it for the real one.
      if ((await stateOf(session, plan.schema, index.name)) === 'invalid')
        await session.query(`DROP INDEX IF EXISTS ${qualified(plan.schema, index.name)}`);
      await build(session, index, concurrently);
    });
    const facts = { stream: plan.stream, table: plan.table, index: index.name, ms: Math.round(performance.now() - started) };
    log.info('Index made', facts);
  }
}

async function build(session: Session, index: WantedIndex, concurrently: boolean): Promise<void> {
  try {
    await session.query(createIndexSql(index, concurrently));
  } catch (error) {
    if (!concurrently || sqlState(error) !== NOT_SUPPORTED) throw error;
    await session.query(createIndexSql(index, false));
  }
}

/** Whether an index of this name is there. */
export async function stateOf(session: Session, schema: string, name: string): Promise<'valid' | 'invalid' | 'missing'> {
  const { rows } = await session.query(
    `SELECT x.indisvalid AS valid FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace
     JOIN pg_index x ON x.indexrelid = i.oid WHERE n.nspname = $1 AND i.relname = $2`,
    [schema, name],
  );
  if (rows[0] === undefined) return 'missing';
  return rows[0]['valid'] === true ? 'valid' : 'invalid';
}
