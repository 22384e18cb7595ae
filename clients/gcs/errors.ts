import { faultsOf, LATER, type Rule } from '../google/faults.ts';

/** By `reason`. Source: https://cloud.google.com/storage/docs/json_api/v1/status-codes */
const RULES: Readonly<Record<string, Rule>> = {
  accessNotConfigured: {
    code: 'api-off',
    message: 'The Cloud Storage API is switched off in the project',
    hint: 'Enable storage.googleapis.com in the project, wait a minute and run again.',
    shows: true,
  },
  accountDisabled: {
    code: 'billing-off',
    message: 'The bucket’s project has no billing',
    hint: 'Enable billing for the project of the bucket, or use method batch_job.',
    shows: true,
  },
  authError: {
    code: 'login-refused',
    message: 'Google refuses the credentials',
    hint: 'The access token has ended or was never one: with access_token get another, else see whether the account and its key still exist. The printed state is safe.',
    shows: true,
  },
  backendError: { code: 'server-busy', message: 'Cloud Storage failed for a moment', hint: LATER, passes: true },
  forbidden: {
    code: 'access-denied',
    message: 'Cloud Storage denies access',
    hint: 'Give the account the role Storage Object User on the bucket.',
    shows: true,
  },
  internalError: { code: 'server-busy', message: 'Cloud Storage failed inside', hint: LATER, passes: true },
  invalid: { code: 'request-refused', message: 'Cloud Storage refuses the request', hint: 'See the message.', shows: true },
  notFound: {
    code: 'bucket-missing',
    message: 'The bucket is not there',
    hint: 'Make it where the dataset is (gcloud storage buckets create gs://NAME --location=LOCATION), or see the setting bucket.',
  },
  quotaExceeded: {
    code: 'quota',
    message: 'A quota of Cloud Storage is used up',
    hint: 'See the quotas page of the project, or use method batch_job.',
    shows: true,
  },
  rateLimitExceeded: { code: 'rate-limit', message: 'Too many requests to Cloud Storage at once', hint: LATER, passes: true },
  retentionPolicyNotMet: {
    code: 'retention',
    message: 'The bucket does not let its files be deleted yet',
    hint: 'Take a bucket without a retention policy for files on their way.',
    shows: true,
  },
  userRateLimitExceeded: { code: 'rate-limit', message: 'Too many requests to Cloud Storage at once', hint: LATER, passes: true },
};

/** Where the answer gives no reason that we know. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  408: 'backendError',
  412: 'invalid',
  429: 'rateLimitExceeded',
  500: 'internalError',
  502: 'backendError',
  503: 'backendError',
  504: 'backendError',
};

/** The errors of Cloud Storage's answers. */
export const faults = faultsOf({ name: 'Cloud Storage', endpoint: 'storage_endpoint', rules: RULES, byStatus: BY_STATUS });
