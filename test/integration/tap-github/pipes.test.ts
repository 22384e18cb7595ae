import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manyReleases, type GitHub } from '../../support/github/index.ts';
import { executable, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { catalogOf, configFor, gitHubWithToken } from './drive.ts';

const LOOP =
  '"$TAP" --config tap.json --catalog catalog.json --state state.json | "$TARGET" --config target.json >> states; status=$?; tail -1 states > state.json; exit $status';

describe('a shell pipe from GitHub into JSON lines', () => {
  async function prepared(): Promise<{ github: GitHub; shell: (script: string) => Promise<Finished>; ids: () => unknown[] }> {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: manyReleases(250, () => ({ assets: [] })) });
    const folder = temporaryFolder();
    const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
    write('tap.json', { ...configFor(github), backoff_max_tries: 1 });
    write('target.json', { destination_path: '.' });
    write('catalog.json', await catalogOf(['releases']));
    write('state.json', {});
    const env = { TAP: executable('tap-github'), TARGET: executable('target-jsonl') };
    return {
      github,
      shell: (script) => run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env }),
      ids: () =>
        readFileSync(join(folder, 'releases.jsonl'), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { id: number }).id),
    };
  }

  test('[179] the loop of catalog, state and tail is incremental, also when a run has nothing new', async () => {
    const { github, shell, ids } = await prepared();
    for (let time = 0; time < 2; time++) await succeeded(shell(LOOP));
    expect(ids()).toHaveLength(250);
    const { releases } = github.world.repositories[0]!;
    releases.unshift({ ...releases[0]!, id: 7, tag_name: 'new' });
    for (let time = 0; time < 2; time++) await succeeded(shell(LOOP));
    expect(ids().slice(250)).toEqual([7]);
  });

  test('[180] a failing tap, middle or target gives a non-zero status, and the last state loads the rest once', async () => {
    const { github, shell, ids } = await prepared();
    github.fault(/releases.*page=2/, '500');
    expect((await shell(LOOP)).status).toBe(1);
    expect(ids()).toHaveLength(100);
    expect((await shell(LOOP.replace('| "$TARGET"', '| (head -c 1000; exit 3) | "$TARGET"'))).status).not.toBe(0);
    expect((await shell(LOOP.replace('--config target.json', '--config missing.json'))).status).toBe(2);
    await succeeded(shell(LOOP));
    expect(new Set(ids()).size).toBe(250);
  });
});

async function succeeded(running: Promise<Finished>): Promise<void> {
  const { status, stderr } = await running;
  expect(status, stderr).toBe(0);
}
