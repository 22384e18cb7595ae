import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startGoogle, type Come, type Google, type Host } from '../../support/bigquery/google.ts';
import { record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { executable, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const MESSAGES = [schema('people', { id: { type: 'integer' } }), record('people', { id: 1 }), state({ at: 1 })];
const INPUT = MESSAGES.map((message) => `${JSON.stringify(message)}\n`).join('');

/** Gives tokens whose names say for what they were given. */
const hosts: Readonly<Record<string, Host>> = {
  'oauth2.googleapis.com': ({ body }) => {
    const grant = new URLSearchParams(body).get('grant_type') ?? '';
    return { status: 200, body: { access_token: `token-of-${grant.split(':').at(-1)}`, expires_in: 3600, token_type: 'Bearer' } };
  },
  'sts.googleapis.com': () => ({
    status: 200,
    body: { access_token: 'token-of-workload', expires_in: 3600, token_type: 'Bearer' },
  }),
  'iamcredentials.googleapis.com': ({ headers, path }) => {
    const account = /serviceAccounts\/(.+):generateAccessToken/.exec(path)?.[1];
    if (account === 'forbidden@p.iam') return { status: 403, body: { error: { code: 403, message: 'Permission denied' } } };
    const accessToken = `${account}-by-${headers.authorization?.replace('Bearer ', '')}`;
    return { status: 200, body: { accessToken, expireTime: new Date(Date.now() + 3_600_000).toISOString() } };
  },
};

const key = (): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'test',
    client_email: 'loader@test.iam',
    private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
const USER = JSON.stringify({ type: 'authorized_user', client_id: 'c', client_secret: 's3cret', refresh_token: 's3cret' });

async function load(
  settings: object,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished & { google: Google; rows: number }> {
  const double = await startDouble();
  const google = await startGoogle(double.url, hosts);
  const config = join(temporaryFolder(), 'config.json');
  writeFileSync(config, JSON.stringify({ project: 'test', dataset: 'd', max_retries: 0, ...settings }));
  const finished = await run(executable('target-bigquery'), ['--config', config], {
    input: INPUT,
    env: { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere', ...google.env, ...env },
  });
  return { ...finished, google, rows: double.rows('d', 'people').length };
}

function bearers(google: Google): readonly (string | undefined)[] {
  const api = google.come.filter(({ host }: Come) => host === 'bigquery.googleapis.com');
  return [...new Set(api.map(({ headers }) => headers.authorization))];
}

describe('credentials, through a proxy', () => {
  test('a key as text or in a file: signed in its name', async () => {
    const text = key();
    const file = join(temporaryFolder(), 'key.json');
    writeFileSync(file, text);
    for (const settings of [{ credentials_json: text }, { credentials_path: file }]) {
      const { google, rows, status, stderr } = await load(settings);
      expect([status, rows], stderr).toEqual([0, 1]);
      expect(bearers(google)).toEqual(['Bearer token-of-jwt-bearer']);
    }
  });

  test('the application default credentials', async () => {
    const file = join(temporaryFolder(), 'adc.json');
    writeFileSync(file, USER);
    const { google, rows, status, stderr } = await load({}, { GOOGLE_APPLICATION_CREDENTIALS: file });
    expect([status, rows], stderr).toEqual([0, 1]);
    expect(bearers(google)).toEqual(['Bearer token-of-refresh_token']);
  });

  test('a workload identity', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'subject'), 'subject token');
    const workload = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: join(folder, 'subject') },
    };
    const { google, rows, status, stderr } = await load({ credentials_json: JSON.stringify(workload) });
    expect([status, rows], stderr).toEqual([0, 1]);
    expect(bearers(google)).toEqual(['Bearer token-of-workload']);
  });

  test('an access token goes as it is, before all others', async () => {
    const { google, rows, status, stderr } = await load({ access_token: 'ya29.s3cret', credentials_json: USER });
    expect([status, rows], stderr).toEqual([0, 1]);
    expect(bearers(google)).toEqual(['Bearer ya29.s3cret']);
    expect(stderr).not.toContain('s3cret');
  });

  test('impersonate works in the name of another account, through a chain of them, with the quota of another project', async () => {
    const settings = { access_token: 'mine', impersonate: 'first@p.iam, last@p.iam', quota_project: 'payer' };
    const { google, rows, status, stderr } = await load(settings);
    expect([status, rows], stderr).toEqual([0, 1]);
    expect(bearers(google)).toEqual(['Bearer last@p.iam-by-mine']);
    const asked = google.come.find(({ host }) => host === 'iamcredentials.googleapis.com')!;
    expect(JSON.parse(asked.body)).toMatchObject({ delegates: ['first@p.iam'] });
    expect(google.come.at(-1)!.headers['x-goog-user-project']).toBe('payer');
  });

  test('one that may not be impersonated ends the run with what to do', async () => {
    const { status, stderr } = await load({ access_token: 's3cret', impersonate: 'forbidden@p.iam' });
    expect(status).toBe(1);
    expect(stderr).toContain('login-refused');
    expect(stderr).toContain('Service Account Token Creator');
    expect(stderr).not.toContain('s3cret');
  });
});
