import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig, readJsonFile, variableName } from '../../../../singer/shell/config-sources.ts';
import { ConfigError, type Problem } from '../../../../singer/errors.ts';
import type { Settings } from '../../../../singer/settings.ts';

const settings: Settings = {
  files: { type: 'array', description: 'x' },
  delimiter: { type: 'string', description: 'x', aliases: ['sep'] },
  port: { type: 'integer', description: 'x' },
  ssl: {
    type: 'object',
    description: 'x',
    properties: { mode: { type: 'string', description: 'x' }, ca: { type: 'string', description: 'x' } },
  },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const read = (sources: string[], environment: Record<string, string> = {}) =>
  readConfig('tap-csv', settings, sources, environment);

async function problemsOf(reading: Promise<unknown>): Promise<string[]> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ message }) => message);
}

describe('readConfig', () => {
  it('merges files, the later one winning per top-level setting, whatever name it used', async () => {
    const a = await file('a.json', '{"delimiter": ",", "port": 1, "ssl": {"mode": "prefer", "ca": "x"}}');
    const b = await file('b.json', '\uFEFF{"sep": ";", "ssl.mode": "require"}');
    expect(await read([a, b])).toEqual({ delimiter: ';', port: 1, ssl: { mode: 'require' } });
    expect(await read([b, a])).toEqual({ delimiter: ',', port: 1, ssl: { mode: 'prefer', ca: 'x' } });
  });

  it('reads variables only for ENV, and lets them win over files wherever ENV stands', async () => {
    const a = await file('a.json', '{"delimiter": ",", "port": 1, "ssl": {"mode": "prefer", "ca": "x"}}');
    const environment = {
      TAP_CSV_SEP: '|',
      TAP_CSV_PORT: '',
      TAP_CSV_SSL_MODE: 'require',
      TAP_CSV_FILES: '["a"]',
      OTHER_PORT: '5',
    };
    expect(await read([a], environment)).toMatchObject({ delimiter: ',' });
    const merged = { delimiter: '|', port: 1, ssl: { mode: 'require', ca: 'x' }, files: '["a"]' };
    expect(await read(['ENV', a], environment)).toEqual(merged);
    expect(await read([a, 'ENV'], environment)).toEqual(merged);
  });

  it('gives nothing without sources', async () => {
    expect(await read([])).toEqual({});
  });

  it('names every bad file and none of its contents', async () => {
    const secret = 'hunter2secret';
    const cut = await file('cut.json', `{"password": "${secret}",\n  oops}`);
    const short = await file('short.json', secret);
    const empty = await file('empty.json', ' \n');
    const list = await file('list.json', `["${secret}"]`);
    await mkdir(join(folder, 'folder'));
    const messages = await problemsOf(read([join(folder, 'none.json'), cut, short, empty, list, join(folder, 'folder')]));
    expect(messages).toEqual([
      `The config file ${folder}/none.json does not exist`,
      `The config file ${cut} is not JSON: see line 2, column 3`,
      `The config file ${short} is not JSON: see line 1, column 1`,
      `The config file ${empty} is empty`,
      `The config file ${list} must hold a JSON object`,
      `The config file ${folder}/folder is a folder`,
    ]);
    expect(messages.join()).not.toContain(secret);
  });
});

describe('readJsonFile', () => {
  it('takes an empty file for none where that is allowed', async () => {
    const problems: Problem[] = [];
    expect(await readJsonFile(await file('state.json', '\n'), 'state file', problems, { emptyIsNone: true })).toBeUndefined();
    expect(problems).toEqual([]);
  });
});

describe('variableName', () => {
  it('joins plugin and path in capitals', () => {
    expect(variableName('target-postgres', ['ssl.mode'])).toBe('TARGET_POSTGRES_SSL_MODE');
    expect(variableName('tap-csv', ['ssl', 'mode'])).toBe('TAP_CSV_SSL_MODE');
  });
});
