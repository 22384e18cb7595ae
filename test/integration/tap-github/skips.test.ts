import { describe, expect, test } from 'vitest';
import { made, manyReleases, type GitHub, type Repository } from '../../support/github/index.ts';
import { gitHubWithToken, ids, readsWell, tapGithub } from './drive.ts';

const FEW = manyReleases(3);

interface Skip {
  readonly name: string;
  readonly status: number;
  readonly make: (github: GitHub) => Repository | undefined;
  readonly stream?: string;
}

const SKIPS: readonly Skip[] = [
  { name: 'misspelt', status: 404, make: () => undefined },
  { name: 'deleted', status: 404, make: ({ world }) => world.add({ name: 'odd', condition: 'gone' }) },
  { name: 'blocked for legal reasons', status: 451, make: ({ world }) => world.add({ name: 'odd', condition: 'blocked' }) },
  {
    name: 'without commits',
    status: 409,
    stream: 'commits',
    make: ({ world }) => world.add({ name: 'odd', condition: 'empty' }),
  },
  {
    name: 'with issues switched off',
    status: 410,
    stream: 'issues',
    make: ({ world }) => world.add({ name: 'odd', off: new Map([['issues', 'disabled']]) }),
  },
  {
    name: 'that lacks a permission',
    status: 403,
    stream: 'workflow_runs',
    make: ({ world }) => world.add({ name: 'odd', off: new Map([['runs', 'forbidden']]) }),
  },
];

describe('tap-github and repositories that cannot be read', () => {
  describe.each(SKIPS)('one $name ($status)', ({ status, make, stream = 'releases' }) => {
    const config = { repositories: ['octo/odd', 'octo/one'] };

    test('is left out and told once, asked for once; the others are read', async () => {
      const github = await gitHubWithToken();
      make(github);
      github.world.add({ name: 'one', releases: FEW });
      const { records, stderr } = await readsWell(github, { config, streams: [...new Set(['releases', stream])] });
      expect(ids(records()).slice(-FEW.length)).toEqual(ids(FEW));
      expect(stderr).toContain('octo/odd');
      expect(stderr).toContain(String(status));
      const refused = github.calls.filter((call) => call.status === status);
      expect(new Set(refused.map(({ url }) => url)).size).toBe(refused.length);
    });

    test('ends a strict run with exit code 1', async () => {
      const github = await gitHubWithToken();
      make(github);
      github.world.add({ name: 'one', releases: FEW });
      const { status: exit, stderr } = await tapGithub(github, {
        config: { ...config, strict: true },
        streams: [...new Set(['releases', stream])],
      });
      expect(exit).toBe(1);
      expect(stderr).toContain('octo/odd');
    });
  });

  test('a private one that the token does not see is left out', async () => {
    const github = await gitHubWithToken();
    github.world.token('ghp_public_only', { sees: 'public' });
    github.world.add({ name: 'odd', private: true, releases: FEW });
    github.world.add({ name: 'one', releases: FEW });
    const config = { auth_token: 'ghp_public_only', repositories: ['octo/odd', 'octo/one'] };
    const { records, stderr } = await readsWell(github, { config });
    expect(records()).toHaveLength(FEW.length);
    expect(stderr).toContain('octo/odd');
  });

  test('one that is renamed is found at its new place, and keeps its state', async () => {
    const github = await gitHubWithToken();
    const repository = github.world.add({ name: 'one', releases: FEW });
    const { state } = await readsWell(github);
    github.world.rename(repository, 'octo-new', 'uno');
    const again = await readsWell(github, { state });
    expect(again.records()).toEqual([]);
    const renamed = await readsWell(github, { state: again.state, config: { repositories: ['octo-new/uno'] } });
    expect(renamed.records()).toEqual([]);
    const fresh = await readsWell(github);
    expect(fresh.records().map(({ id, repo_id }) => [id, repo_id])).toEqual(FEW.map(({ id }) => [id, repository.id]));
  });

  test('one whose list of releases goes deeper than GitHub gives is read that far, and told', async () => {
    const github = await gitHubWithToken();
    github.world.add({ name: 'one', releases: manyReleases(10_050, () => ({ assets: [] })) });
    const { records, stderr } = await readsWell(github);
    expect(records()).toHaveLength(10_000);
    expect(stderr).toMatch(/no more pages of a list/);
    expect(stderr).toContain('too-deep');
    expect(stderr).toContain('octo/one');
  });

  test('closed issues are read, too, though GitHub lists open ones unless it is asked for all', async () => {
    const github = await gitHubWithToken();
    const issues = [1, 2].map((number) => made('issue', number, { state: number === 1 ? 'closed' : 'open' }));
    github.world.add({ name: 'one', issues });
    const { records } = await readsWell(github, { streams: ['issues'] });
    expect(new Set(ids(records('issues')))).toEqual(new Set([1, 2]));
  });
});
