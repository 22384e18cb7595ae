import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { made, manyReleases, type GitHub } from '../../support/github/index.ts';
import { describeWithMeltano, meltanoProject, type MeltanoProject, succeeded } from '../../support/meltano.ts';
import { catalogOf, gitHubWithToken, TOKEN } from './drive.ts';

const PIPE = ['tap-github', 'target-jsonl'];
const STATE_ID = 'dev:tap-github-to-target-jsonl';

await describeWithMeltano('Meltano and tap-github', (meltano) => {
  describe('Meltano, GitHub to JSON lines', () => {
    test('[168] [172] with select exactly those fields and the keys come; an unchanged server costs one conditional request each and sends nothing', async () => {
      const github = await gitHubWithToken();
      for (const name of ['one', 'two']) github.world.add({ name, releases: [...manyReleases(120, unlike(name))] });
      const project = prepared(meltano);
      const env = environment(github, ['releases.tag_name', 'releases.body', 'releases.published_at']);
      const first = await succeeded(project.meltano(['run', ...PIPE], env));
      const expected = github.world.repositories.flatMap(({ releases }) =>
        releases.map(({ id, tag_name, body, published_at }) => ({ id, tag_name, body, published_at })),
      );
      expect(lines(project)).toEqual(expected);
      expect(first.stdout + first.stderr).not.toContain(TOKEN);
      github.calls.length = 0;
      project.calls();
      await succeeded(project.meltano(['run', ...PIPE], env));
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

    test(
      '[169] [170] merge gives the state of auto; a full refresh of one stream gets no state and keeps the bookmark of the other',
      { timeout: 300_000 },
      async () => {
        const github = await gitHubWithToken();
        github.world.add({ name: 'one', releases: [...manyReleases(3, unlike('one'))], tags: [made('tag', 1)] });
        const project = prepared(meltano);
        const env = environment(github, ['releases.*', 'tags.*'], ['octo/one']);
        const bookmarks = async (): Promise<unknown> => {
          const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID]));
          return (JSON.parse(stdout) as { singer_state: { bookmarks: unknown } }).singer_state.bookmarks;
        };
        await succeeded(project.meltano(['run', '--state-strategy', 'merge', ...PIPE], env));
        const merged = await bookmarks();
        // Nothing is new: with auto, the state that leaves now takes the place of the merged one.
        await succeeded(project.meltano(['run', '--state-strategy', 'auto', ...PIPE], env));
        expect(await bookmarks()).toEqual(merged);
        project.calls();
        await succeeded(
          project.meltano(['run', '--full-refresh', ...PIPE], { ...env, TAP_GITHUB__SELECT_FILTER: '["releases"]' }),
        );
        expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
        expect([lines(project), lines(project, 'tags')].map(({ length }) => length)).toEqual([6, 1]);
        expect(await bookmarks()).toMatchObject({ releases: {}, tags: (merged as { tags: object }).tags });
      },
    );

    test('[171] with a catalog from a file nothing is discovered and the file alone is followed', async () => {
      const github = await gitHubWithToken();
      github.world.add({ name: 'one', releases: [...manyReleases(3, unlike('one'))], tags: [made('tag', 1)] });
      const project = prepared(meltano);
      project.write('catalogs/github.json', JSON.stringify(await catalogOf(['tags'])));
      const env = { ...environment(github, ['releases.*'], ['octo/one']), TAP_GITHUB__CATALOG: 'catalogs/github.json' };
      await succeeded(project.meltano(['run', ...PIPE], env));
      expect(project.calls().filter((call) => call.includes('--discover'))).toEqual([]);
      expect(lines(project, 'tags')).toHaveLength(1);
      expect(existsSync(join(project.folder, 'output/releases.jsonl'))).toBe(false);
    });

    test(
      '[174] [175] [177] [178] a failing tap or target fails the run and leaves a state from which the rest comes once; debug lines, levels and metrics show as such',
      { timeout: 300_000 },
      async () => {
        const github = await gitHubWithToken();
        github.world.add({ name: 'one', releases: [...manyReleases(250, unlike('one'))] });
        const project = prepared(meltano);
        const env = { ...environment(github, ['releases.tag_name'], ['octo/one']), TAP_GITHUB_BACKOFF_MAX_TRIES: '1' };
        github.fault(/releases.*page=2/, '500');
        const failed = await project.meltano(['run', ...PIPE], env);
        expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('server-trouble')]);
        const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID]));
        expect(stdout).toContain('401025');
        project.write('blocked', 'a file where the folder should be');
        const blocked = await project.meltano(['run', ...PIPE], { ...env, TARGET_JSONL_DESTINATION_PATH: 'blocked/deep' });
        expect(blocked.status).toBe(1);
        const { stderr } = await succeeded(project.meltano(['--log-level=debug', 'run', ...PIPE], env));
        expect(new Set(lines(project).map(({ id }) => id)).size).toBe(250);
        expect(lines(project)).toHaveLength(250);
        expect(stderr).toMatch(/\[debug +\].*tap-github/);
        expect(stderr).not.toContain(TOKEN);
        for (const name of ['tap-github', 'target-jsonl']) {
          const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes(name));
          expect(
            metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=150\b/.test(line)),
            metrics.join('\n'),
          ).toBe(true);
        }
      },
    );
  });
});

function unlike(name: string): (at: number) => { readonly id: number; readonly assets: readonly never[] } {
  return (at) => ({ id: name.length * 1_000_000 + at, assets: [] });
}

function environment(github: GitHub, select: readonly string[], repositories = ['octo/one', 'octo/two']): Record<string, string> {
  return {
    TAP_GITHUB_API_URL_BASE: github.url,
    TAP_GITHUB_AUTH_TOKEN: TOKEN,
    TAP_GITHUB_REPOSITORIES: JSON.stringify(repositories),
    TAP_GITHUB_RATE_LIMIT_BUFFER: '10%',
    TAP_GITHUB__SELECT: JSON.stringify(select),
  };
}

function prepared(meltano: string): MeltanoProject {
  const project = meltanoProject(meltano);
  mkdirSync(join(project.folder, 'output'));
  return project;
}

function lines(project: MeltanoProject, stream = 'releases'): Readonly<Record<string, unknown>>[] {
  const text = project.read(`output/${stream}.jsonl`).trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}
