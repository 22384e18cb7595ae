import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { manyReleases, type GitHub } from '../../support/github/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { pipeline } from '../../support/processes.ts';
import { random } from '../../support/random.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime, killOne, lastLine } from '../../support/victims.ts';
import { catalogOf, configFor, gitHubWithToken } from './drive.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 20);
const seed = Number(process.env['SOAK_SEED'] ?? 1);

const REPOSITORIES = 12;
const RELEASES = 130;

/** Repositories with releases of their own; bodies make them long enough for many batches. */
function fill(github: GitHub): void {
  for (let at = 0; at < REPOSITORIES; at++) {
    const releases = manyReleases(RELEASES, (n) => ({
      id: at * 100_000 + RELEASES - n,
      body: `${'lorem ipsum '.repeat(40)}${at}/${n}`,
      assets: [],
    }));
    github.world.add({ name: `repo-${at}`, releases });
  }
}

/** One release is published, one is changed and one is deleted, in a repository picked at random. Gives the id of the last. */
function live({ world }: GitHub, pick: () => number, age: number): string {
  const repository = world.repositories[Math.floor(pick() * world.repositories.length)]!;
  const [model] = repository.releases;
  repository.releases.unshift({ ...model!, id: 10_000_000 + age, tag_name: `late-${age}` });
  const at = Math.floor(pick() * 50);
  repository.releases[at] = { ...repository.releases[at]!, body: `changed at ${age}` };
  const [gone] = repository.releases.splice(50 + Math.floor(pick() * 50), 1);
  return String(gone!.id);
}

describeWithPostgres('tap-github or its target killed at random moments and resumed', (url) => {
  test(
    'an upsert table holds each release of GitHub once, as it was last, and those that were deleted marked, though all that happened meanwhile',
    async () => {
      const github = await gitHubWithToken();
      fill(github);
      const folder = temporaryFolder();
      const pick = random(seed);
      const paths = Object.fromEntries(
        ['tap', 'target', 'state', 'catalog'].map((name) => [name, join(folder, `${name}.json`)]),
      ) as Record<'tap' | 'target' | 'state' | 'catalog', string>;
      const repositories = github.world.repositories.map(({ name }) => `octo/${name}`);
      const tap = { ...configFor(github, repositories), releases: { reconcile_every: 0 } };
      const target = { url: url(), default_target_schema: 'public', load_method: 'upsert', batch_size_rows: 200 };
      writeFileSync(paths.tap, JSON.stringify(tap));
      writeFileSync(paths.target, JSON.stringify(target));
      writeFileSync(paths.catalog, JSON.stringify(await catalogOf(['releases'])));
      writeFileSync(paths.state, '{}');
      let hit = 0;
      const gone = new Set<string>();
      for (let complete = false, age = 0; !complete; age++) {
        const load = pipeline([
          { program: 'bin/tap-github', args: ['--config', paths.tap, '--catalog', paths.catalog, '--state', paths.state] },
          { program: 'bin/target-postgres', args: ['--config', paths.target] },
        ]);
        const victim = hit < kills ? await killOne(load, pick) : undefined;
        const { parts, stdout } = await inTime(load);
        complete = victim === undefined && hit >= kills;
        if (victim !== undefined) hit++;
        else for (const { status, stderr } of parts) expect(status, stderr).toBe(0);
        const line = lastLine(stdout);
        if (line !== undefined) writeFileSync(paths.state, line);
        expect(JSON.parse(readFileSync(paths.state, 'utf8'))).toBeTypeOf('object');
        if (!complete) gone.add(live(github, pick, age));
      }
      const client = new Client({ connectionString: url() });
      await client.connect();
      try {
        const { rows } = await client.query<Record<string, unknown>>(
          'SELECT id::text, tag_name, body, _sdc_deleted_at IS NOT NULL AS deleted FROM releases ORDER BY id::bigint',
        );
        const expected = github.world.repositories.flatMap(({ releases }) => releases).map(row);
        const marked = rows.filter(({ deleted }) => deleted === true).map(({ id }) => id);
        expect(marked.length).toBeGreaterThan(0);
        expect([...gone]).toEqual(expect.arrayContaining(marked));
        expect(rows.filter(({ deleted }) => deleted !== true).map(row)).toEqual(
          expected.toSorted((one, other) => Number(one.id) - Number(other.id)),
        );
      } finally {
        await client.query('DROP TABLE IF EXISTS releases');
        await client.end();
      }
    },
    Math.max(120_000, kills * 30_000),
  );
});

/** What is compared. */
function row(release: Readonly<Record<string, unknown>>): Record<'id' | 'tag_name' | 'body', unknown> {
  return { id: String(release['id']), tag_name: release['tag_name'], body: release['body'] };
}
