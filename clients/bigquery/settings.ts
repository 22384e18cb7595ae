import type { Config, Settings } from '../../singer/index.ts';

/** How to reach BigQuery: the same settings for everything that talks to it. */
export const connectionSettings = {
  project: {
    type: 'string',
    required: true,
    aliases: ['project_id'],
    description: 'Google Cloud project of the dataset; its jobs run and are billed there.',
  },
  credentials_path: {
    type: 'string',
    description:
      'File with the credentials: a service account key, or a configuration of workload identity. Unset, and without credentials_json: the application default credentials (GOOGLE_APPLICATION_CREDENTIALS, gcloud, or the machine’s own account).',
  },
  credentials_json: {
    type: 'string',
    secret: true,
    description: 'The same as JSON text; wins over credentials_path.',
  },
  access_token: {
    type: 'string',
    secret: true,
    description:
      'An OAuth access token to use as it is (gcloud auth print-access-token), before all other credentials. It is not renewed: a run that goes on when it ends, mostly after an hour, fails.',
  },
  impersonate: {
    type: 'string',
    aliases: ['impersonate_service_account'],
    description:
      'Service account in whose name to work: the credentials need the role Service Account Token Creator on it. Several, with commas between, are a chain whose last one does the work.',
    examples: ['loader@my-project.iam.gserviceaccount.com'],
  },
  quota_project: {
    type: 'string',
    description:
      'Project whose quota the requests use, where it is another than that of the credentials. Jobs are billed to project.',
  },
  api_endpoint: {
    type: 'string',
    description:
      'Address of the API in place of https://bigquery.googleapis.com, for a private endpoint or an emulator. With http:// no credentials are looked for, and none are sent.',
    examples: ['http://127.0.0.1:9050'],
  },
  timeout: {
    type: 'integer',
    default: 600,
    minimum: 1,
    description:
      'Seconds that one job may take. A job that takes longer fails the run but goes on in BigQuery; a run with the same run_id takes up its result.',
  },
  max_retries: {
    type: 'integer',
    default: 6,
    minimum: 0,
    description:
      'How often a request is tried again after a failure that may pass: a limit of requests, a server that is busy, a lost connection.',
  },
} as const satisfies Settings;

export type ConnectionConfig = Config<typeof connectionSettings>;
