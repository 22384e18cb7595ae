import { SystemError, TaplineError } from '../../singer/index.ts';
import type { ApiError } from './api-error.ts';
import { lineErrors } from './line-errors.ts';

interface Rule {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The same request may succeed later. */
  readonly passes?: true;
  /** Google's own text is about names and rights, never about values, and may be shown. */
  readonly shows?: true;
}

const LATER = 'Run again: the printed state is safe.';

/** By `reason`. Source: https://cloud.google.com/bigquery/docs/error-messages */
const RULES: Readonly<Record<string, Rule>> = {
  accessDenied: {
    code: 'access-denied',
    message: 'BigQuery denies access',
    hint: 'Give the account the roles BigQuery Data Editor on the dataset and BigQuery Job User on the project.',
    shows: true,
  },
  accessNotConfigured: {
    code: 'api-off',
    message: 'The BigQuery API is switched off in this project',
    hint: 'Enable bigquery.googleapis.com in the project, wait a minute and run again.',
    shows: true,
  },
  authError: {
    code: 'login-refused',
    message: 'Google refuses the credentials',
    hint: 'The access token has ended or was never one: with access_token get another, else see whether the account and its key still exist. The printed state is safe.',
    shows: true,
  },
  backendError: { code: 'server-busy', message: 'BigQuery failed for a moment', hint: LATER, passes: true },
  badRequest: { code: 'request-refused', message: 'BigQuery refuses the request', hint: 'See the message.', shows: true },
  billingNotEnabled: {
    code: 'billing-off',
    message: 'The project has no billing, which this needs',
    hint: 'Enable billing for the project: the sandbox has no DML.',
    shows: true,
  },
  bytesBilledLimitExceeded: {
    code: 'too-expensive',
    message: 'A statement would be billed for more than max_bytes_billed',
    hint: 'Partition the table by a property of its key, load less often (load_interval_seconds), or raise max_bytes_billed.',
    shows: true,
  },
  billingTierLimitExceeded: { code: 'quota', message: 'The query is too expensive for its project', hint: 'Raise the limit.' },
  blocked: { code: 'blocked', message: 'The project or its billing is blocked', hint: 'See the console of the project.' },
  concurrentUpdate: { code: 'concurrent-update', message: 'Something else changes the same rows', hint: LATER, passes: true },
  conditionNotMet: { code: 'table-changed', message: 'The table was changed by somebody else meanwhile', hint: LATER },
  duplicate: { code: 'duplicate', message: 'It exists already', hint: LATER },
  internalError: { code: 'server-busy', message: 'BigQuery failed inside', hint: LATER, passes: true },
  invalid: {
    code: 'refused',
    message: 'BigQuery refuses the data',
    hint: 'See the lines in the facts for column and rule; mend the source or the column, or set on_bad_record to quarantine. An emulator that knows no gzip needs compression none.',
  },
  invalidQuery: {
    code: 'query-refused',
    message: 'BigQuery refuses a statement',
    hint: 'See whether the table was changed by hand.',
    shows: true,
  },
  jobBackendError: { code: 'server-busy', message: 'BigQuery failed for a moment', hint: LATER, passes: true },
  jobInternalError: { code: 'server-busy', message: 'BigQuery failed inside', hint: LATER, passes: true },
  jobRateLimitExceeded: { code: 'rate-limit', message: 'Too many jobs at once', hint: LATER, passes: true },
  notFound: {
    code: 'not-found',
    message: 'BigQuery does not find what was asked for',
    hint: 'Look at project, dataset and location.',
    shows: true,
  },
  quotaExceeded: {
    code: 'quota',
    message: 'A quota of the project or the table is used up',
    hint: 'See the quotas page of the project; raise load_interval_seconds or load_size_bytes so that fewer jobs are needed.',
    shows: true,
  },
  rateLimitExceeded: { code: 'rate-limit', message: 'Too many requests or table changes at once', hint: LATER, passes: true },
  resourcesExceeded: { code: 'too-large', message: 'The job is too large', hint: 'Lower load_size_bytes.' },
  stopped: { code: 'job-stopped', message: 'The job was cancelled', hint: LATER },
  tableUnavailable: { code: 'server-busy', message: 'The table cannot be reached for a moment', hint: LATER, passes: true },
  timeout: { code: 'job-timeout', message: 'The job took too long', hint: LATER },
};

/** Where the answer gives no reason that we know. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'authError',
  403: 'accessDenied',
  404: 'notFound',
  408: 'backendError',
  409: 'duplicate',
  412: 'conditionNotMet',
  429: 'rateLimitExceeded',
  500: 'internalError',
  502: 'backendError',
  503: 'backendError',
  504: 'backendError',
};

const UNKNOWN: Rule = { code: 'request-failed', message: 'BigQuery answers with an error', hint: LATER };

/** What is known about the place of a failure; goes into the error's facts. */
export type Place = Readonly<Record<string, unknown>>;

/** The error of an answer with this HTTP status. `what` says what was tried: `Reading the dataset`. */
export function answerFault(status: number, body: unknown, what: string, place: Place): SystemError {
  const error = errorIn(body);
  // Of a request, unlike of a job, `invalid` is about its own words: a location, a name, a label.
  const known = error.reason !== undefined && error.reason !== 'invalid' && RULES[error.reason] !== undefined;
  const reason = known ? error.reason : BY_STATUS[status];
  return fault({ ...error, ...(reason === undefined ? {} : { reason }) }, what, { ...place, status });
}

/** The error of a job that has failed; of one that has refused rows the facts name their `lines`, at most a hundred of them. */
export function jobFault(errors: readonly ApiError[], what: string, place: Place): SystemError {
  const [error = {}] = errors;
  const refusesRows = errors.some(({ message, reason }) => reason === 'invalid' && READING.test(message ?? ''));
  const known = CONCURRENT.test(error.message ?? '') ? { ...error, reason: 'concurrentUpdate' } : error;
  return fault(known, what, { ...place, ...(refusesRows ? { lines: lineErrors(errors).slice(0, MAX_LINES) } : {}) });
}

/** How the API begins every text about the content of a file. */
const READING = /error while reading (?:data|table)|error while parsing/i;
const MAX_LINES = 100;

/** A statement that gave way to another one has done nothing; of its kind only the text tells. */
const CONCURRENT = /could not serialize access|due to concurrent update/i;

/** No answer came. */
export function connectionFault(cause: unknown, what: string, place: Place): SystemError {
  // Answers of BigQuery are never thrown: one that is comes from the server that gives out tokens.
  const { status } = cause as { readonly status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new SystemError(`${what}: Google refuses the credentials`, {
      code: 'login-refused',
      facts: { ...place, status },
      hint: 'See whether the account and its key still exist and are enabled, whether this machine’s clock is right, and, with impersonate, whether the credentials have the role Service Account Token Creator on that account.',
      cause,
    });
  }
  return new SystemError(`${what}: the connection to BigQuery failed`, {
    code: 'connection-lost',
    facts: { ...place, cause: causeCode(cause), passes: true },
    hint: 'See that the address can be reached from here (api_endpoint, proxy, firewall), then run again: the state is safe.',
    cause,
  });
}

/** A quota that is full again in a moment; of its kind only the text tells. */
const SHORT_QUOTA = /quota for concurrent|per (?:user per )?(?:second|minute|\d+ seconds)\b/i;

function fault({ reason: given, message }: ApiError, what: string, place: Place): SystemError {
  const reason = given === 'quotaExceeded' && SHORT_QUOTA.test(message ?? '') ? 'rateLimitExceeded' : given;
  const rule = (reason === undefined ? undefined : RULES[reason]) ?? UNKNOWN;
  const shown = rule.shows === true && message !== undefined ? ` (${message.split('\n')[0]})` : '';
  const passes = rule.passes === true ? { passes: true } : {};
  return new SystemError(`${what}: ${rule.message}${shown}`, {
    code: rule.code,
    facts: { ...place, ...(reason === undefined ? {} : { reason }), ...passes },
    hint: rule.hint,
  });
}

/** True if the same request may succeed later. */
export function passes(error: unknown): boolean {
  return error instanceof TaplineError && error.facts['passes'] === true;
}

/** Google's reason of a failure; undefined if there is none. */
export function reasonOf(error: unknown): string | undefined {
  const reason = error instanceof TaplineError ? error.facts['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

/** The first error of an answer's body: `{ error: { message, errors: [{ reason, message }] } }`. */
function errorIn(body: unknown): ApiError {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { readonly error?: unknown };
  if (typeof error !== 'object' || error === null) return {};
  const { errors, message } = error as { readonly errors?: unknown; readonly message?: unknown };
  const first = (Array.isArray(errors) ? errors[0] : undefined) as ApiError | undefined;
  return {
    ...(typeof first?.reason === 'string' ? { reason: first.reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

function causeCode(cause: unknown): string {
  const { code, cause: inner, name } = cause as { readonly code?: unknown; readonly cause?: unknown; readonly name?: unknown };
  if (typeof code === 'string') return code;
  return typeof inner === 'object' && inner !== null ? causeCode(inner) : String(name);
}
