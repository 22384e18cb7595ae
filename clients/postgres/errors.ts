import { SystemError, TaplineError } from '../../singer/errors.ts';

/** What to do about a server's error: `reconnect` and `retry` are tried again by the caller, `stale` after the catalog was read anew. */
export type Remedy = 'reconnect' | 'retry' | 'stale' | 'fail';

interface Rule {
  /** SQLSTATE, or its first two characters for a class. */
  readonly state: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly remedy: Remedy;
}

const rule = (state: string, remedy: Remedy, code: string, message: string, hint: string): Rule => ({
  state,
  remedy,
  code,
  message,
  hint,
});

const AGAIN = 'Run again: the state is safe.';

/** The first rule whose state the error's begins with decides. Sources: appendix A of the Postgres manual. */
const RULES: readonly Rule[] = [
  rule(
    '40P01',
    'retry',
    'deadlock',
    'Postgres ended a deadlock between us and another session',
    'See what else writes to the table, then run again.',
  ),
  rule('40', 'retry', 'serialization', 'Postgres could not order our transaction among others', AGAIN),
  rule(
    '55P03',
    'retry',
    'lock-timeout',
    'A lock was not granted in time',
    'See in pg_stat_activity and pg_locks who holds the table, or raise lock_timeout.',
  ),
  rule(
    '55000',
    'fail',
    'object-not-ready',
    'Something of the database cannot be used as it is',
    'A materialized view without data needs REFRESH MATERIALIZED VIEW; leave the stream out until then.',
  ),
  rule(
    '57014',
    'fail',
    'statement-timeout',
    'A statement was cancelled or took longer than allowed',
    'Raise statement_timeout; in a target, batch_size_bytes makes statements shorter.',
  ),
  rule('57P05', 'reconnect', 'connection-lost', 'Postgres closed the idle connection', AGAIN),
  rule(
    '57',
    'reconnect',
    'server-unavailable',
    'Postgres is shutting down, starting or ended our session',
    'Run again when the server is up: the state is safe.',
  ),
  rule(
    '25006',
    'fail',
    'read-only',
    'The server takes no writes: it is a standby or read-only, or a query of a tap wants to write',
    'Point host at the primary server; what a tap asks for must not write.',
  ),
  rule(
    '25P03',
    'reconnect',
    'connection-lost',
    'Postgres closed the connection for being idle in a transaction',
    'Raise idle_in_transaction_session_timeout for this role.',
  ),
  rule('28', 'fail', 'login-refused', 'Postgres refused the login', 'Check user and password, and pg_hba.conf on the server.'),
  rule(
    '3D000',
    'fail',
    'database-missing',
    'The database does not exist',
    'Create the database or correct the setting database.',
  ),
  rule(
    '42501',
    'fail',
    'permission-denied',
    'The role may not do this',
    'Grant the role what the message names, or use another one.',
  ),
  rule(
    '42704',
    'fail',
    'object-missing',
    'The database lacks something that the settings or the schema name',
    'Create it (a type of an extension: CREATE EXTENSION), or name another type for the property in column_types.',
  ),
  rule('42P06', 'stale', 'schema-race', 'Another session created the schema at the same moment', AGAIN),
  rule('42P07', 'stale', 'table-race', 'Another session created the table at the same moment', AGAIN),
  rule('42701', 'stale', 'column-race', 'Another session added the column at the same moment', AGAIN),
  rule('42710', 'stale', 'object-race', 'Another session created the object at the same moment', AGAIN),
  rule('42P01', 'stale', 'table-missing', 'A table vanished while it was in use', AGAIN),
  rule('42703', 'stale', 'column-missing', 'A column vanished while it was in use', AGAIN),
  rule('3F000', 'stale', 'schema-missing', 'A schema vanished while it was in use', AGAIN),
  rule(
    '23505',
    'fail',
    'duplicate-key',
    'A row has what a unique index of the table allows only once',
    'If it is the key of the stream: set load_method to upsert. Otherwise drop the index, or mend the source.',
  ),
  rule(
    '23502',
    'fail',
    'null-refused',
    'A column of the table takes no null',
    'Drop the NOT NULL of that column, or see why the source sends none.',
  ),
  rule('23', 'fail', 'constraint', 'A row breaks a constraint of the table', 'Change the constraint, or the data at its source.'),
  rule(
    '22001',
    'fail',
    'text-too-long',
    'A text is longer than its column allows',
    'Make the column text: ALTER TABLE … ALTER COLUMN … TYPE text.',
  ),
  rule(
    '22003',
    'fail',
    'number-out-of-range',
    'A number does not fit its column',
    'Make the column numeric: ALTER TABLE … ALTER COLUMN … TYPE numeric.',
  ),
  rule(
    '22P05',
    'fail',
    'character-refused',
    'The encoding of the database lacks a character',
    'Load into a database whose encoding is UTF8.',
  ),
  rule(
    '22',
    'fail',
    'value-refused',
    'Postgres could not read a value as the type of its column',
    'Compare the column type with the schema of the stream.',
  ),
  rule(
    '53100',
    'fail',
    'disk-full',
    'The disk of the server is full',
    'Make room on the server, then run again: the state is safe.',
  ),
  rule(
    '53300',
    'reconnect',
    'too-many-connections',
    'The server has no connection left',
    'Run again later, or raise max_connections.',
  ),
  rule(
    '53',
    'fail',
    'server-resources',
    'The server ran out of resources',
    'Look into its log, then run again: the state is safe.',
  ),
  rule('54011', 'fail', 'too-many-columns', 'A table cannot have this many columns', 'Deselect properties in the tap.'),
  rule(
    '54',
    'fail',
    'value-too-large',
    'A value is too large, too deep or too wide for the server',
    'Drop the index that the message names, or leave such values out at the source.',
  ),
  rule(
    'P0001',
    'fail',
    'raised',
    'A trigger or function of the database raised an error',
    'See what it checks: its message may quote values, so that it is not shown.',
  ),
  rule('08', 'reconnect', 'connection-lost', 'The connection to Postgres was lost', AGAIN),
  rule(
    '58',
    'fail',
    'server-fault',
    'The server had a fault of its own',
    'Look into its log, then run again: the state is safe.',
  ),
  rule(
    'XX',
    'fail',
    'server-fault',
    'The server had a fault of its own',
    'Look into its log, then run again: the state is safe.',
  ),
];

const NO_PARTITION = rule(
  '23514',
  'fail',
  'no-partition',
  'The table has no partition for a row',
  'Make the partition, or a default one: CREATE TABLE … PARTITION OF … DEFAULT.',
);
const OTHER = rule('', 'fail', 'postgres', 'Postgres refused a statement', 'Look at the SQLSTATE and the message.');
const LOST = rule('', 'reconnect', 'connection-lost', 'The connection to Postgres was lost', AGAIN);
const TLS = rule(
  '',
  'fail',
  'tls',
  'No trusted TLS connection could be made',
  'Check ssl_mode and ssl_certificate_authority against the certificate of the server.',
);

/** What node says about a certificate it does not trust, and pg about a server without TLS. */
const TLS_FAULT =
  /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|The server does not support SSL|There was an error establishing an SSL)/;

/** Classes whose message never quotes data. The others (22 and 23 do, raised ones may) are told by their state alone. */
const SAFE_MESSAGES = /^(?:0A|25|28|3D|3F|40|42|53|54|55|57|58)/;

/** What node says when a socket dies or cannot be made. */
const SOCKET_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
  'ENOENT',
]);

/** pg's own words for a connection that is gone; it gives them no code. */
const LOST_MESSAGES =
  /^(?:Connection terminated|timeout expired|Client has encountered a connection error|Client was closed|read ECONNRESET|write EPIPE|This socket has been ended|Socket is closed|write after end)/i;

/** What pg's DatabaseError carries that we read. */
interface ServerError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly where?: unknown;
  readonly schema?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
  readonly constraint?: unknown;
  readonly dataType?: unknown;
}

/** The SQLSTATE of an error; undefined if it did not come from the server. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as ServerError | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.has(code) ? code : undefined;
}

/** How to go on after an error. Our own errors (`TaplineError`) are final. */
export function remedyOf(error: unknown): Remedy {
  return error instanceof TaplineError ? 'fail' : ruleOf(error).remedy;
}

/** Our error for one of the server's or the socket's, without any value of a row. */
export function systemError(error: unknown, facts: Readonly<Record<string, unknown>> = {}): TaplineError {
  if (error instanceof TaplineError) return error;
  const found = ruleOf(error);
  const state = sqlState(error);
  const { message, where } = error as ServerError;
  const safe = state === undefined || SAFE_MESSAGES.test(state);
  const said = safe && typeof message === 'string' ? `: ${message}` : '';
  return new SystemError(`${found.message}${said}`, {
    code: found.code,
    facts: {
      ...facts,
      ...(state === undefined ? {} : { sqlstate: state }),
      ...(typeof where === 'string' ? copyPlace(where) : {}),
      ...placeOf(error as ServerError),
    },
    hint: found.hint,
  });
}

/** True if no TLS connection could be made though the server answered: it has none, or its certificate is not trusted. */
export function isTlsFault(error: unknown): boolean {
  const { code, message } = (error ?? {}) as ServerError;
  return TLS_FAULT.test(String(code)) || TLS_FAULT.test(String(message));
}

function ruleOf(error: unknown): Rule {
  const state = sqlState(error);
  // A check has a name.
  if (state === NO_PARTITION.state && (error as ServerError).constraint === undefined) return NO_PARTITION;
  if (state !== undefined) return RULES.find((candidate) => state.startsWith(candidate.state)) ?? OTHER;
  const { code, message } = (error ?? {}) as ServerError;
  if (isTlsFault(error)) return TLS;
  return SOCKET_CODES.has(String(code)) || LOST_MESSAGES.test(String(message)) ? LOST : OTHER;
}

function placeOf(error: ServerError): Record<string, string> {
  const place: Record<string, string> = {};
  for (const name of ['schema', 'table', 'column', 'constraint'] as const) {
    const value = error[name];
    if (typeof value === 'string') place[name] = value;
  }
  return place;
}

/** `COPY t, line 5, column x: "the value"`: the table, the row of the batch and the column, never what follows. */
function copyPlace(where: string): Record<string, unknown> {
  const match = /^COPY (.+?), line (\d+)(?:, column ([^:]+?))?(?::|$)/.exec(where);
  if (match === null) return {};
  return { table: match[1], row: Number(match[2]), ...(match[3] === undefined ? {} : { column: match[3] }) };
}
