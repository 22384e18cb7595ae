import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState, systemError } from '../../../clients/postgres/errors.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { SystemError } from '../../../singer/index.ts';
import type { Conversion } from '../tables/evolve.ts';
import type { TablePlan } from '../tables/plan.ts';

/** Makes a stage's columns what they are in the table, as far as assigning would not do it. `stage` is quoted. */
export async function convertStage(session: Session, stage: string, plan: TablePlan): Promise<void> {
  const changed = plan.conversions.filter(({ using }) => using !== undefined);
  if (changed.length === 0) return;
  // Rows are written anew in their order: arrival order holds.
  await namingColumn(session, stage, plan, () => session.query(`ALTER TABLE ${stage} ${changed.map(alter).join(', ')}`));
}

function alter({ column, sql, using }: Conversion): string {
  return `ALTER COLUMN ${ident(column)} TYPE ${sql}${using === undefined ? '' : ` USING ${using}`}`;
}

/**
 * Does `work` with a stage; when the server refuses a value on its way into another type, finds out the column, which the server
 * does not say. Throws what `work` throws, as SystemError with the column for such a value.
 */
export async function namingColumn<T>(session: Session, stage: string, plan: TablePlan, work: () => Promise<T>): Promise<T> {
  if (plan.conversions.length === 0) return work();
  await session.query('SAVEPOINT before_types');
  try {
    const result = await work();
    await session.query('RELEASE SAVEPOINT before_types');
    return result;
  } catch (error) {
    if (sqlState(error)?.startsWith('22') !== true) throw error;
    await session.query('ROLLBACK TO SAVEPOINT before_types');
    const culprit = await culpritIn(session, stage, plan.conversions);
    if (culprit === undefined) throw error;
    const known = systemError(error);
    throw new SystemError(`${known.message}: column ${culprit.column} of ${plan.schema}.${plan.table}, which is ${culprit.sql}`, {
      code: known.code,
      facts: { ...known.facts, stream: plan.stream, table: plan.table, column: culprit.column, type: culprit.sql },
      ...(known.hint === undefined ? {} : { hint: known.hint }),
    });
  }
}

/** The first column whose values the table does not take. */
async function culpritIn(session: Session, stage: string, conversions: readonly Conversion[]): Promise<Conversion | undefined> {
  for (const conversion of conversions) {
    await session.query('SAVEPOINT one_column');
    try {
      await session.query(`ALTER TABLE ${stage} ${alter(conversion)}`);
      await session.query('RELEASE SAVEPOINT one_column');
    } catch (error) {
      if (sqlState(error)?.startsWith('22') !== true) throw error;
      await session.query('ROLLBACK TO SAVEPOINT one_column');
      return conversion;
    }
  }
  return undefined;
}
