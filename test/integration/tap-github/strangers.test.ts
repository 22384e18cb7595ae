import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tapGithub } from '../../contract/subjects/tap-github.ts';
import { findPeer } from '../../support/peers.ts';
import { executable, root, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

/** Every stream has a record. */
const STREAMS = 12;

await withPeer('singer-tools', (program) => {
  test('[181] singer-check-tap accepts what tap-github prints, without a catalog, at first and with a state', async () => {
    // It breaks down by itself at a null where an object with a time may stand, as issues have: so these are releases.
    const folder = await source('small');
    const check = `"${program('singer-check-tap')}"`;
    const first = await shell(folder, `"$TAP" --config tap.json | tee first | ${check}`);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toContain('4 record messages');
    const state = `grep '"STATE"' first | tail -1 > state.json`;
    const second = await shell(folder, `${state}; "$TAP" --config tap.json --state state.json | ${check}`);
    expect(second.status, second.stderr).toBe(0);
    expect(second.stdout).toContain('The output is valid');
  });
});

await withPeer('singer-sdk-testing', (program) => {
  test('[185] the tap suite of the Meltano SDK passes on tap-github', async () => {
    const folder = await source();
    const { status, stdout } = await run(
      program('python'),
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(root, 'test/support/sdk-suite')],
      {
        cwd: folder,
        env: { ...ENVIRONMENT, SUITE_CONFIG: 'tap.json', SUITE_FOLDER: folder, PYTHONDONTWRITEBYTECODE: '1' },
      },
    );
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/\b\d{3,} passed/);
  });
});

await withPeer('target-jsonl', (program) => {
  test('[183] the Python target-jsonl loads what tap-github prints', async () => {
    const folder = await source();
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'target.json'), JSON.stringify({ destination_path: 'out', do_timestamp_file: false }));
    const { status, stdout, stderr } = await shell(
      folder,
      `"$TAP" --config tap.json | "${program('target-jsonl')}" --config target.json`,
    );
    expect(status, stderr).toBe(0);
    const { bookmarks } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { bookmarks: object };
    expect(Object.keys(bookmarks)).toHaveLength(STREAMS);
    for (const stream of Object.keys(bookmarks)) {
      expect(JSON.parse(readFileSync(join(folder, 'out', `${stream}.jsonl`), 'utf8')), stream).toMatchObject({ org: 'octo' });
    }
  });
});

/** Tests with a Python package; skipped, with the reason, where it cannot be had. */
async function withPeer(name: Parameters<typeof findPeer>[0], body: (program: (name: string) => string) => void): Promise<void> {
  const found = await findPeer(name);
  if ('missing' in found) describe.skip(`${name} (skipped: ${found.missing})`, () => body(() => ''));
  else describe(name, () => body(found.program));
}

/** A folder with the config for a fake: one that has a record in each list, or a few releases. */
async function source(wish: 'nested' | 'small' = 'nested'): Promise<string> {
  const { config, drop } = (await tapGithub().makeSource!(wish, 0))!;
  onTestFinished(async () => drop?.());
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tap.json'), JSON.stringify(config));
  return folder;
}

const ENVIRONMENT = {
  TAP: executable('tap-github'),
  SUITE_TAP: executable('tap-github'),
  GITHUB_TOKEN: '',
  GITHUB_APP_PRIVATE_KEY: '',
};

function shell(folder: string, script: string): Promise<Finished> {
  return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env: ENVIRONMENT });
}
