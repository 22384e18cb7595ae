import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { installMeltano } from '../../scripts/meltano.mjs';
import { root, run, type Finished } from './processes.ts';
import { temporaryFolder } from './tmp.ts';

/** Path of the `meltano` executable, or why there is none; installs it at the first call. Fails with CI or REQUIRE_BACKENDS set. */
export async function findMeltano(): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    return { path: await installMeltano() };
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** A `describe` with Meltano. Reported as skipped, with the reason, where it cannot be had. */
export async function describeWithMeltano(name: string, body: (meltano: string) => void): Promise<void> {
  const found = await findMeltano();
  if ('missing' in found) describe.skip(`${name} (skipped: ${found.missing})`, () => test('runs', () => undefined));
  else describe(name, () => body(found.path));
}

/** What a command said that must have ended well. */
export async function succeeded(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.status, finished.stderr.slice(-4000)).toBe(0);
  return finished;
}

export interface MeltanoProject {
  readonly folder: string;
  /** Runs `meltano ARGS` in the project. The Hub is a closed port, so that a call of it would fail. */
  meltano(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** The command lines of our executables since the last call of this, oldest first, for example `tap-csv --config … --discover`. */
  calls(): string[];
  write(path: string, text: string): void;
  read(path: string): string;
}

/** A copy of this repository's Meltano project: meltano.yml, catalogs/ and executables that note their command line and start ours. */
export function meltanoProject(meltano: string): MeltanoProject {
  const folder = temporaryFolder();
  const log = join(folder, 'calls.log');
  cpSync(join(root, 'meltano.yml'), join(folder, 'meltano.yml'));
  cpSync(join(root, 'catalogs'), join(folder, 'catalogs'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  for (const name of readdirSync(join(root, 'bin')).filter((each) => !each.includes('.'))) {
    const wrapper = join(folder, 'bin', name);
    writeFileSync(wrapper, `#!/bin/sh\necho "${name} $*" >> "${log}"\nexec "${join(root, 'bin', name)}" "$@"\n`);
    chmodSync(wrapper, 0o755);
  }
  const environment = {
    MELTANO_SEND_ANONYMOUS_USAGE_STATS: 'false',
    MELTANO_CLI_DISABLE_VERSION_CHECK: '1',
    MELTANO_AUTO_INSTALL: 'false',
    MELTANO_HUB_URL: 'http://127.0.0.1:9',
    NO_COLOR: '1',
    COLUMNS: '200',
  };
  return {
    folder,
    meltano: (args, env = {}) => run(meltano, args, { cwd: folder, env: { ...environment, ...env } }),
    calls() {
      if (!existsSync(log)) return [];
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
      rmSync(log);
      return lines;
    },
    write(path, text) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
  };
}
