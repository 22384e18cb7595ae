import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AuthClient } from 'google-auth-library';
import { ConfigError, type Run } from '../../singer/index.ts';
import type { Request, Send } from './service.ts';

/** What the settings say of them. */
export interface Credentials {
  readonly project: string;
  readonly access_token?: string | undefined;
  readonly credentials_json?: string | undefined;
  readonly credentials_path?: string | undefined;
  readonly impersonate?: string | undefined;
  readonly quota_project?: string | undefined;
}

/** All of it: what an account may do is said by its roles. Files that are staged need more than BigQuery's own scope. */
const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

/** The address of a service without a slash at its end. Throws ConfigError that names the setting. */
export function endpointOf(setting: string, address: string): string {
  const endpoint = address.replace(/\/+$/, '');
  if (!URL.canParse(endpoint)) throw problem(setting, 'is no address, such as http://127.0.0.1:9050');
  return endpoint;
}

/** Google's library is loaded here. Throws ConfigError for credentials that cannot be read. To an `http://` address none are sent. */
export async function senderFor(
  config: Credentials,
  endpoint: string,
  { name, version }: Pick<Run, 'name' | 'version'>,
): Promise<Send> {
  const agent = `${name}/${version}`;
  const { BigQuery } = await import('@google-cloud/bigquery');
  const client = endpoint.startsWith('http://') ? await noClient() : await clientOf(config);
  const { authClient } = new BigQuery({ projectId: config.project, authClient: client });
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

async function noClient(): Promise<AuthClient> {
  const { PassThroughClient } = await import('google-auth-library');
  return new PassThroughClient();
}

/** What renews the tokens that go with requests. Throws ConfigError for credentials that cannot be used; whether they are good only a request tells. */
async function clientOf(config: Credentials): Promise<AuthClient> {
  const { Impersonated } = await import('google-auth-library');
  const chain = (config.impersonate ?? '').split(',').flatMap((account) => account.trim() || []);
  const targetPrincipal = chain.pop();
  const sourceClient = await sourceOf(config);
  const client =
    targetPrincipal === undefined
      ? sourceClient
      : new Impersonated({ sourceClient, targetPrincipal, delegates: chain, targetScopes: SCOPES });
  if (config.quota_project) client.quotaProjectId = config.quota_project;
  return client;
}

async function sourceOf(config: Credentials): Promise<AuthClient> {
  const { GoogleAuth, OAuth2Client } = await import('google-auth-library');
  if (config.access_token) {
    const bearer = new OAuth2Client();
    bearer.setCredentials({ access_token: config.access_token });
    return bearer;
  }
  const credentials = await credentialsOf(config);
  // With the project it need not be looked for.
  const auth = new GoogleAuth({
    projectId: config.project,
    scopes: SCOPES,
    ...(credentials === undefined ? {} : { credentials }),
  });
  return auth.getClient().catch((cause: unknown) => refuseCredentials(cause, config));
}

function refuseCredentials(cause: unknown, { credentials_json: json, credentials_path: file }: Credentials): never {
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
}: Credentials): Promise<Record<string, string> | undefined> {
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
    if (typeof value === 'object' && value !== null && 'type' in value) return signing(value as Record<string, string>, setting);
  } catch (error) {
    // The text of a key must not stand in an error; that it is none is said below.
    if (error instanceof ConfigError) throw error;
  }
  throw problem(setting, 'holds no credentials: JSON with a member `type` is needed, as Google’s console gives it');
}

/** The first request would find that a key signs nothing, and take it for a connection that is lost. */
function signing(credentials: Record<string, string>, setting: string): Record<string, string> {
  if (credentials['private_key'] === undefined) return credentials;
  try {
    createPrivateKey(credentials['private_key']);
    return credentials;
  } catch {
    throw problem(setting, 'holds a `private_key` that is no key in PEM: was it cut, or were its line ends lost?');
  }
}

function problem(path: string, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}
