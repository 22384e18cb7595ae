import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CheckReport } from '../../../taps/github/check/check.ts';
import type { Estimate } from '../../../taps/github/estimate/estimate.ts';
import { gitHub, type GitHub, type GitHubOptions } from '../../support/github/index.ts';
import { executable, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

export const TOKEN = 'ghp_SecretOfTheTests0123456789abcdefABCD';

export interface TapRun {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly messages: readonly Message[];
  /** The last STATE; undefined if there was none. */
  readonly state: unknown;
  /** The records of a stream, in order. */
  readonly records: (stream?: string) => readonly Record<string, unknown>[];
}

export interface Message {
  readonly type: string;
  readonly stream?: string;
  readonly record?: Record<string, unknown>;
  readonly schema?: object;
  readonly value?: unknown;
}

export interface TapOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  /** Streams that are selected; `releases` alone by default. */
  readonly streams?: readonly string[];
  readonly state?: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

/** Variables that would be taken for tokens. */
const NO_TOKENS = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('GITHUB_'))
    .map((name) => [name, '']),
);

/** A fake GitHub with one token that sees all. */
export async function gitHubWithToken(options?: GitHubOptions): Promise<GitHub> {
  const github = await gitHub(options);
  github.world.token(TOKEN);
  return github;
}

/** Settings that work, for repositories of a fake. Waits are short, so that a test that waits too long fails. */
export function configFor(github: GitHub, repositories: readonly string[] = ['octo/one']): Record<string, unknown> {
  return { api_url_base: github.url, auth_token: TOKEN, additional_auth_tokens: [], repositories, max_wait_seconds: 30 };
}

/** Runs tap-github. Whatever happened, no output may hold the token, and nobody was asked without one. */
export async function tapGithub(
  github: GitHub,
  { config = {}, streams = ['releases'], state, env = {} }: TapOptions = {},
): Promise<TapRun> {
  const folder = temporaryFolder();
  const file = (name: string, value: unknown): string => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const whole = { ...configFor(github), ...config };
  const args = ['--config', file('config', whole), '--catalog', file('catalog', await catalogOf(streams))];
  if (state !== undefined) args.push('--state', file('state', state));
  const { status, stdout, stderr } = await run(executable('tap-github'), args, { env: { ...NO_TOKENS, ...env } });
  expect(stdout + stderr).not.toContain(TOKEN);
  const lines = stdout.split('\n').filter((line) => line !== '');
  const messages = lines.map((line) => JSON.parse(line) as Message);
  return {
    status,
    stdout,
    stderr,
    messages,
    state: messages.findLast(({ type }) => type === 'STATE')?.value,
    records: (stream = 'releases') =>
      messages.flatMap(({ type, stream: name, record }) => (type === 'RECORD' && name === stream ? [record!] : [])),
  };
}

/** What the modes answer in JSON. */
interface Reports {
  readonly check: CheckReport;
  readonly estimate: Estimate;
}

/** The answer to `--check` or `--estimate`, as JSON and as text. */
export async function asked<M extends keyof Reports>(
  github: GitHub,
  mode: M,
  { config = {}, streams = ['releases'] }: TapOptions = {},
): Promise<{ readonly status: number | string; readonly report: Reports[M]; readonly text: string }> {
  const folder = temporaryFolder();
  const [path, catalog] = [join(folder, 'config.json'), join(folder, 'catalog.json')];
  writeFileSync(path, JSON.stringify({ ...configFor(github), ...config }));
  writeFileSync(catalog, JSON.stringify(await catalogOf(streams)));
  const args = [`--${mode}`, '--config', path, '--catalog', catalog];
  const json = await run(executable('tap-github'), [...args, '--format', 'json'], { env: NO_TOKENS });
  const text = await run(executable('tap-github'), [...args, '--format', 'text'], { env: NO_TOKENS });
  expect(json.stdout + json.stderr + text.stdout + text.stderr).not.toContain(TOKEN);
  if (json.stdout === '') throw new Error(`No answer: ${json.stderr}`);
  return { status: json.status, report: JSON.parse(json.stdout) as Reports[M], text: text.stdout };
}

/** As `tapGithub`; a run that does not end well fails the test. */
export async function readsWell(github: GitHub, options?: TapOptions): Promise<TapRun> {
  const ran = await tapGithub(github, options);
  expect(ran.status, ran.stderr).toBe(0);
  return ran;
}

interface CatalogStream {
  readonly tap_stream_id: string;
  readonly metadata: { readonly breadcrumb: readonly string[]; readonly metadata: Record<string, unknown> }[];
}

let discovered: Promise<{ readonly streams: readonly CatalogStream[] }> | undefined;

/** The catalog with these streams selected. Streams do not depend on the server. */
export async function catalogOf(streams: readonly string[]): Promise<unknown> {
  discovered ??= discover();
  const catalog = structuredClone(await discovered);
  for (const name of streams) expect(catalog.streams.map(({ tap_stream_id }) => tap_stream_id)).toContain(name);
  for (const { tap_stream_id, metadata } of catalog.streams) {
    const root = metadata.find(({ breadcrumb }) => breadcrumb.length === 0);
    if (root !== undefined) root.metadata['selected'] = streams.includes(tap_stream_id);
  }
  return catalog;
}

async function discover(): Promise<{ readonly streams: readonly CatalogStream[] }> {
  const path = join(temporaryFolder(), 'config.json');
  // Nobody listens there.
  writeFileSync(path, JSON.stringify({ api_url_base: 'http://127.0.0.1:9', auth_token: TOKEN, repositories: ['octo/one'] }));
  const { status, stdout, stderr } = await run(executable('tap-github'), ['--discover', '--config', path]);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as { readonly streams: readonly CatalogStream[] };
}

/** The numbers of releases, in order. */
export const ids = (records: readonly Record<string, unknown>[]): unknown[] => records.map(({ id }) => id);
