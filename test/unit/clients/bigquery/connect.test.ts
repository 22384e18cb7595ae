import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openApi } from '../../../../clients/bigquery/connect.ts';
import { connectionSettings } from '../../../../clients/bigquery/settings.ts';
import type { Json, Log } from '../../../../singer/index.ts';
import { checkConfig } from '../../../../singer/shell/config.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, warnOnce: ignore, conceal: ignore };

async function open(settings: Record<string, Json>): Promise<unknown> {
  const { config, problems } = checkConfig(connectionSettings, { project: 'p', ...settings });
  expect(problems).toEqual([]);
  return openApi(config as Parameters<typeof openApi>[0], {
    log,
    signal: new AbortController().signal,
    name: 'test',
    version: '0',
  });
}

describe('credentials', () => {
  test.each([
    ['credentials_path', '/nowhere/key.json', 'ENOENT'],
    ['credentials_json', 'no JSON: s3cret', 'no credentials'],
    ['credentials_json', '{"private_key": "s3cret"}', 'no credentials'],
    ['credentials_json', '{"type": "service_account", "client_email": "s3cret"}', 'no credentials'],
    ['credentials_json', '{"type": "service_account", "client_email": "a@b", "private_key": "s3cret"}', 'no key'],
    ['api_endpoint', 'bigquery.local', 'no address'],
  ])('%s that cannot be used is told by its name and without its text: %s', async (setting, value, mentions) => {
    const error = await open({ [setting]: value }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, problems: [{ path: setting, message: expect.stringContaining(mentions) }] });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  test('a file that holds no key is told of as such', async () => {
    const path = join(temporaryFolder(), 'key.json');
    await writeFile(path, '[]');
    await expect(open({ credentials_path: path })).rejects.toMatchObject({ problems: [{ path: 'credentials_path' }] });
  });

  test('none are looked for where the address is http', async () => {
    await expect(open({ api_endpoint: 'http://127.0.0.1:9', credentials_path: '/nowhere/key.json' })).resolves.toBeDefined();
  });
});
