import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manyReleases, type GitHub } from '../../support/github/index.ts';
import { findMeltano, meltanoProject, type MeltanoProject } from '../../support/meltano.ts';
import type { Finished } from '../../support/processes.ts';
import { gitHubWithToken, TOKEN } from './drive.ts';

const found = await findMeltano();
if ('missing' in found) {
  describe.skip(`Meltano and tap-github (skipped: ${found.missing})`, () => {
    test('runs it', () => undefined);
  });
} else {
  withMeltano(found.path);
}

function withMeltano(meltano: string): void {
  describe('Meltano, GitHub to JSON lines', () => {
    test('[168] [172] with select exactly those fields and the keys come; an unchanged server costs one conditional request each and sends nothing', async () => {
      const github = await gitHubWithToken();
      for (const name of ['one', 'two']) github.world.add({ name, releases: [...manyReleases(120, unlike(name))] });
      const project = prepared(meltano);
      const env = environment(github, ['releases.tag_name', 'releases.body', 'releases.published_at']);
      const first = await succeeded(project.meltano(['run', 'tap-github', 'target-jsonl'], env));
      const expected = github.world.repositories.flatMap(({ releases }) =>
        releases.map(({ id, tag_name, body, published_at }) => ({ id, tag_name, body, published_at })),
      );
      expect(lines(project)).toEqual(expected);
      expect(first.stdout + first.stderr).not.toContain(TOKEN);
      github.calls.length = 0;
      project.calls();
      await succeeded(project.meltano(['run', 'tap-github', 'target-jsonl'], env));
      expect(lines(project)).toEqual(expected);
      expect(
        project
          .calls()
          .filter((call) => call.startsWith('tap-github') && call.includes('--state') && !call.includes('--discover')),
      ).toHaveLength(1);
      const asked = github.calls.filter(({ url }) => !url.includes('/rate_limit'));
      expect(asked.map(({ status, charged }) => [status, charged])).toEqual([
        [304, false],
        [304, false],
      ]);
    });

    test('[166] meltano select lists every property with its status', async () => {
      const github = await gitHubWithToken();
      const env = environment(github, ['releases.tag_name']);
      const { stdout } = await succeeded(prepared(meltano).meltano(['select', 'tap-github', '--list', '--all'], env));
      const status = (property: string): string | undefined =>
        new RegExp(`\\[(\\w+) *\\] ${property.replaceAll('.', '\\.')}$`, 'm').exec(stdout)?.[1];
      expect(['releases.id', 'releases.tag_name', 'releases.body', 'issues.id'].map(status)).toEqual([
        'automatic',
        'selected',
        'excluded',
        expect.stringMatching(/excluded|automatic/),
      ]);
    });

    test('[167] meltano config test passes', async () => {
      const github = await gitHubWithToken();
      // More than a pipe holds: Meltano stops the tap at the first record.
      github.world.add({ name: 'one', releases: manyReleases(2000) });
      const env = environment(github, ['releases.*'], ['octo/one']);
      await succeeded(prepared(meltano).meltano(['--environment=dev', 'config', 'test', 'tap-github'], env));
    });
  });
}

function unlike(name: string): (at: number) => { readonly id: number; readonly assets: readonly never[] } {
  return (at) => ({ id: name.length * 1_000_000 + at, assets: [] });
}

function environment(github: GitHub, select: readonly string[], repositories = ['octo/one', 'octo/two']): Record<string, string> {
  return {
    TAP_GITHUB_API_URL_BASE: github.url,
    TAP_GITHUB_AUTH_TOKEN: TOKEN,
    TAP_GITHUB_REPOSITORIES: JSON.stringify(repositories),
    TAP_GITHUB__SELECT: JSON.stringify(select),
  };
}

function prepared(meltano: string): MeltanoProject {
  const project = meltanoProject(meltano);
  mkdirSync(join(project.folder, 'output'));
  return project;
}

function lines(project: MeltanoProject): unknown[] {
  const text = project.read('output/releases.jsonl').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as unknown);
}

async function succeeded(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.status, finished.stderr.slice(-4000)).toBe(0);
  return finished;
}
