import { readFile } from 'node:fs/promises';
import { ConfigError, type Run } from '../../singer/index.ts';
import { Api, type Request, type Send } from './api.ts';
import type { ConnectionConfig } from './settings.ts';

const GOOGLE = 'https://bigquery.googleapis.com';

/**
 * Makes the API for a project; no request is sent yet. Google's library is loaded here, so that `--about` stays quick. Throws
 * ConfigError for credentials that cannot be read.
 */
export async function openApi(config: ConnectionConfig, run: Pick<Run, 'log' | 'signal' | 'name' | 'version'>): Promise<Api> {
  const endpoint = (config.api_endpoint ?? GOOGLE).replace(/\/+$/, '');
  if (!URL.canParse(endpoint)) throw problem('api_endpoint', 'is no address, such as http://127.0.0.1:9050');
  const send = await senderFor(config, endpoint, `${run.name}/${run.version}`);
  const { log, signal } = run;
  return new Api({ endpoint, project: config.project, send, log, signal, retries: config.max_retries });
}

async function senderFor(config: ConnectionConfig, endpoint: string, agent: string): Promise<Send> {
  const [{ BigQuery }, { PassThroughClient }] = await Promise.all([
    import('@google-cloud/bigquery'),
    import('google-auth-library'),
  ]);
  const isOpen = endpoint.startsWith('http://');
  const credentials = isOpen ? undefined : await credentialsOf(config);
  const { authClient } = new BigQuery({
    projectId: config.project,
    ...(isOpen ? { authClient: new PassThroughClient() } : {}),
    ...(credentials === undefined ? {} : { credentials }),
  });
  if (!isOpen) await authClient.getClient().catch((cause: unknown) => refuseCredentials(cause, config));
  return async ({ method, url, headers, body, signal }: Request) => {
    const answer = await authClient.request<unknown>({
      url,
      method,
      signal,
      headers: { 'User-Agent': agent, ...headers },
      ...(body === undefined ? {} : { data: body }),
      responseType: 'json',
      // What a status means is ours to judge, and so is trying again.
      validateStatus: () => true,
      retry: false,
    });
    return { status: answer.status, headers: answer.headers, body: answer.data };
  };
}

function refuseCredentials(cause: unknown, { credentials_json: json, credentials_path: file }: ConnectionConfig): never {
  const message =
    json || file
      ? 'holds no credentials that Google’s library can use'
      : 'is needed: no application default credentials are found (gcloud auth application-default login makes some)';
  throw new ConfigError([{ path: json ? 'credentials_json' : 'credentials_path', message }], { cause });
}

/** The key of the settings; undefined: Google's library looks for the application's default. */
async function credentialsOf({
  credentials_json: json,
  credentials_path: path,
}: ConnectionConfig): Promise<Record<string, string> | undefined> {
  if (json) return parsed(json, 'credentials_json');
  if (!path) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw problem('credentials_path', `cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
  return parsed(text, 'credentials_path');
}

function parsed(text: string, setting: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'type' in value) return value as Record<string, string>;
  } catch {
    // The text of a key must not stand in an error; that it is none is said below.
  }
  throw problem(setting, 'holds no credentials: JSON with a member `type` is needed, as Google’s console gives it');
}

function problem(path: string, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}
