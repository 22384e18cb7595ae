import { sqlState, systemError } from '../../clients/postgres/errors.ts';
import { SystemError } from '../../singer/tap/index.ts';
import type { Reading } from './reading.ts';
import { lostRights } from './rights.ts';

/** insufficient_privilege. */
const NO_RIGHT = '42501';

/** character_not_in_repertoire and untranslatable_character. */
const ENCODING = /^(?:22021|22P05)$/;
/** data_exception and what belongs to it. */
const DATA = /^22/;

/** Why a stream could not be read, in words: text and expressions that the server fails at, and what the role may not read any more, with the GRANT. */
export async function explained(error: unknown, { sessions, id, relation: { table, sql }, columns }: Reading): Promise<Error> {
  const usual = systemError(error, { stream: id });
  const state = sqlState(error);
  if (state !== undefined && ENCODING.test(state)) {
    return new SystemError('The database has text that is not valid in its encoding, or that UTF8 does not have', {
      code: 'encoding',
      facts: { stream: id, sqlstate: state },
      hint: "Mend the text, leave its column out, or read it by custom_queries: SELECT convert_from(convert(convert_to(COLUMN, getdatabaseencoding()), 'LATIN1', 'UTF8'), getdatabaseencoding()) AS x, with the encoding that it has in place of LATIN1.",
      cause: error,
    });
  }
  // What is stored can be read: it is something that the server works out.
  if (state !== undefined && DATA.test(state)) {
    return new SystemError(
      'Postgres could not work out a value: an expression in a view, a query, a condition or a policy fails for some row',
      {
        code: 'expression-failed',
        facts: { stream: id, sqlstate: state },
        hint: `Ask the server itself, whose words may quote values, so that they are not shown here: ${table === undefined ? 'run the query' : `SELECT * FROM ${sql}`}`,
        cause: error,
      },
    );
  }
  if (state !== NO_RIGHT || table === undefined) return usual;
  try {
    const session = await sessions.begin();
    try {
      const names = columns.map(({ name }) => name);
      return (await lostRights(session, { id, table }, names)) ?? usual;
    } finally {
      await sessions.end(session);
    }
  } catch {
    // It only says more of what has failed.
    return usual;
  }
}
