import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState, systemError } from '../../../clients/postgres/errors.ts';
import { ConfigError, type Problem } from '../../../singer/tap/index.ts';

/** A stream that is going to be read under conditions of the user's. */
export interface Conditioned {
  readonly id: string;
  /** What stands behind FROM. */
  readonly sql: string;
  readonly conditions: readonly string[];
}

/**
 * Has the server read all conditions before the first stream is read. Throws ConfigError with each that it refuses; the rest (a table that is gone, a right
 * that is missing) is left to the reading.
 */
export async function checkConditions(session: Session, streams: readonly Conditioned[]): Promise<void> {
  const problems: Problem[] = [];
  for (const { id, sql, conditions } of streams) {
    for (const [index, condition] of conditions.entries()) {
      const refusal = await refusalOf(session, `SELECT FROM ${sql} WHERE (${condition}\n) LIMIT $1`);
      if (refusal === undefined) continue;
      problems.push({ path: `custom_where_clauses of ${id}`, message: `the server refuses condition ${index + 1}: ${refusal}` });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

async function refusalOf(session: Session, query: string): Promise<string | undefined> {
  await session.query('SAVEPOINT asked');
  try {
    // A value makes it one statement for the server, whatever stands in the condition.
    await session.query(query, [0]);
    return undefined;
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined || session.lost) throw error;
    await session.query('ROLLBACK TO SAVEPOINT asked');
    return /^(?:42P01|42501|3F|55|57)/.test(state) ? undefined : systemError(error).message;
  }
}
