import type { SystemError } from '../../singer/index.ts';
import type { ApiError } from '../google/api-error.ts';
import { faultsOf, LATER, type Place, type Rule } from '../google/faults.ts';
import { lineErrors, type LineError } from './line-errors.ts';

export { passes, reasonOf, type Place } from '../google/faults.ts';

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
  differentLocations: {
    code: 'bucket-elsewhere',
    message: 'The bucket is in another location than the dataset',
    hint: 'Take a bucket in the location of the dataset (one of EU takes regions of the EU, one of US takes all), or method batch_job, which needs none.',
    shows: true,
  },
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
  stagedFileDenied: {
    code: 'access-denied',
    message: 'BigQuery may not read the files in the bucket',
    hint: 'Give the account the role Storage Object User on the bucket: load jobs read it in the account’s name.',
    shows: true,
  },
  stagedFileMissing: {
    code: 'staged-file-missing',
    message: 'A file in the bucket was gone before it was loaded',
    hint: 'See that no lifecycle rule deletes files of the prefix before a day has passed, and that no other run has the same run_id; then run again: the printed state is safe.',
    shows: true,
  },
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

/** The errors of BigQuery's answers. */
export const faults = faultsOf({ name: 'BigQuery', endpoint: 'api_endpoint', rules: RULES, byStatus: BY_STATUS });

/**
 * The error of a job that has failed; of one that has refused rows the facts name their `lines`, at most a hundred of them, as `lineOf` finds
 * them in the file that was sent; those that it does not find are left out.
 */
export function jobFault(
  errors: readonly ApiError[],
  what: string,
  place: Place,
  lineOf: (line: LineError) => LineError | undefined = (line) => line,
): SystemError {
  const [error = {}] = errors;
  const message = error.message ?? '';
  const refusesRows = errors.some((one) => one.reason === 'invalid' && READING.test(one.message ?? ''));
  const told = TOLD.find(([pattern]) => pattern.test(message))?.[1];
  const lines = refusesRows
    ? {
        lines: lineErrors(errors)
          .slice(0, MAX_LINES)
          .flatMap((line) => lineOf(line) ?? []),
      }
    : {};
  return faults.of(told === undefined ? error : { ...error, reason: told }, what, { ...place, ...lines });
}

/** How the API begins every text about the content of a file. */
const READING = /error while reading (?:data|table)|error while parsing/i;
const MAX_LINES = 100;

/** What only the text of a failed job tells, and how `RULES` calls it. */
const TOLD: readonly (readonly [RegExp, string])[] = [
  // A statement that gave way to another one has done nothing.
  [/could not serialize access|due to concurrent update/i, 'concurrentUpdate'],
  [/read and write in different locations/i, 'differentLocations'],
  [/not found: uris? /i, 'stagedFileMissing'],
  [/storage\.objects\.(?:get|list)/i, 'stagedFileDenied'],
];
