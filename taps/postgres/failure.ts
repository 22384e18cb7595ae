import type { Session } from '../../clients/postgres/connect.ts';
import { sqlState, systemError } from '../../clients/postgres/errors.ts';
import { literal } from '../../clients/postgres/quote.ts';
import { ConfigError, SystemError } from '../../singer/tap/index.ts';
import { ifAllowed } from './if-allowed.ts';
import { boundsOf } from './limits/filters.ts';
import type { Reading } from './reading.ts';
import { lostRights } from './rights.ts';

/** insufficient_privilege. */
const NO_RIGHT = '42501';

/** character_not_in_repertoire and untranslatable_character. */
const ENCODING = /^(?:22021|22P05)$/;
/** data_exception and what belongs to it. */
const DATA = /^22/;

/** Why a stream could not be read, in words: text and expressions that the server fails at, and what the role may not read any more, with the GRANT. */
export async function explained(error: unknown, reading: Reading): Promise<Error> {
  const {
    id,
    relation: { table, sql },
    columns,
  } = reading;
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
    const refused = await asked(reading, (session) => refusedSetting(session, reading));
    if (refused !== undefined) return refused;
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
  const names = columns.map(({ name }) => name);
  return (await asked(reading, (session) => lostRights(session, { id, table }, names))) ?? usual;
}

/** What more the server says of a failure; undefined if it cannot be asked. */
async function asked<T>({ sessions }: Reading, question: (session: Session) => Promise<T>): Promise<T | undefined> {
  try {
    const session = await sessions.begin();
    try {
      return await question(session);
    } finally {
      await sessions.end(session);
    }
  } catch {
    // It only says more of what has failed.
    return undefined;
  }
}

/** The setting that holds a value which the server does not take. */
async function refusedSetting(session: Session, { config, id, relation, request }: Reading): Promise<ConfigError | undefined> {
  const values = [
    { path: 'timestamp_zone', value: `now() AT TIME ZONE ${literal(config.timestamp_zone)}` },
    ...boundsOf(config, id, relation.columns, request.replicationKey),
  ];
  for (const { path, value } of values) {
    if ((await ifAllowed(session, `SELECT ${value}`)) === undefined)
      return new ConfigError([{ path, message: 'is not a value that the server takes' }]);
  }
  return undefined;
}
