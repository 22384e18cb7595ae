import { describe, expect, test } from 'vitest';
import { type GitHub, gitHub, manyReleases, recordedReleases, type Release } from '../../../support/github/index.ts';
import { NOON, read, readsWell, VirtualClock } from './harness.ts';

const HOUR = 3_600_000;
const ids = (rows: readonly Readonly<Record<string, unknown>>[]): unknown[] => rows.map(({ id }) => id);
const pages = (calls: readonly string[]): string[] =>
  calls
    .filter((call) => call.includes('/releases'))
    .map((call) => `${call.slice(0, 3)} ${/[^_]page=(\d+)/.exec(call)?.[1] ?? 1}`);

async function fake(releases: Release[]): Promise<{ github: GitHub; releases: Release[]; clock: VirtualClock }> {
  const github = await gitHub({ now: () => NOON });
  github.world.token('ghp_test');
  return { github, releases: github.world.add({ name: 'one', releases }).releases, clock: new VirtualClock(NOON) };
}

const changed = (release: Release, changes: Partial<Release> = { body: 'changed' }): Release => ({ ...release, ...changes });

describe('releases', () => {
  test('are all sent once, with every published field; the second run is one free request', async () => {
    const { github, clock } = await fake(recordedReleases());
    const first = await readsWell(github, 'releases', { clock });
    expect(first.rows).toHaveLength(30);
    expect(Object.keys(first.rows[0]!)).toEqual(
      expect.arrayContaining(['org', 'repo', 'repo_id', 'immutable', 'assets', 'author']),
    );
    expect(first.rows[0]).toMatchObject({ id: 20_432_197, tag_name: 'v2.12.8', org: 'octo', repo: 'one', repo_id: 401_025 });
    const idle = await readsWell(github, 'releases', { clock, bookmark: first.bookmark });
    expect([idle.rows, idle.calls]).toEqual([[], ['304 /repos/octo/one/releases?per_page=100']]);
  });

  test('a change is found on the first page without reading the others', async () => {
    const { github, releases, clock } = await fake(manyReleases(350));
    const first = await readsWell(github, 'releases', { clock });
    expect(first.rows).toHaveLength(350);
    releases[3] = changed(releases[3]!);
    const next = await readsWell(github, 'releases', { clock, bookmark: first.bookmark });
    expect([ids(next.rows), pages(next.calls)]).toEqual([[releases[3].id], ['200 1', '304 2']]);
    expect(pages((await readsWell(github, 'releases', { clock, bookmark: next.bookmark })).calls)).toEqual(['304 1']);
  });

  test('a new one on top moves all pages: those are read until one holds nothing new, and nothing is sent twice', async () => {
    const { github, releases, clock } = await fake(manyReleases(350));
    const first = await readsWell(github, 'releases', { clock });
    releases.unshift(changed(releases[0]!, { id: 77, tag_name: 'new' }));
    const next = await readsWell(github, 'releases', { clock, bookmark: first.bookmark });
    expect([ids(next.rows), pages(next.calls)]).toEqual([[77], ['200 1', '200 2']]);
  });

  test('an old one that is changed is found when reconcile_every has passed; pages as they were cost nothing', async () => {
    const { github, releases, clock } = await fake(manyReleases(350));
    const first = await readsWell(github, 'releases', { clock });
    releases[320] = changed(releases[320]!);
    clock.pass(23 * HOUR);
    const early = await readsWell(github, 'releases', { clock, bookmark: first.bookmark });
    expect(early.rows).toEqual([]);
    clock.pass(2 * HOUR);
    const next = await readsWell(github, 'releases', { clock, bookmark: early.bookmark });
    expect([ids(next.rows), pages(next.calls)]).toEqual([[releases[320].id], ['304 1', '304 2', '304 3', '200 4']]);
    const config = { releases: { reconcile_every: 0, ignore_fields: [], change_fields: undefined } };
    expect(pages((await readsWell(github, 'releases', { clock, config, bookmark: next.bookmark })).calls)).toHaveLength(4);
  });

  test('all pages are looked through, too, when the last look seems to lie in the future: a clock was off', async () => {
    const { github, releases, clock } = await fake(manyReleases(250));
    const ahead = new VirtualClock(NOON + 8760 * HOUR);
    const first = await readsWell(github, 'releases', { clock: ahead });
    releases[220] = changed(releases[220]!);
    expect(ids((await readsWell(github, 'releases', { clock, bookmark: first.bookmark })).rows)).toEqual([releases[220].id]);
  });

  test('download counts and reactions alone send nothing; with something else they come as they are', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const { bookmark } = await readsWell(github, 'releases', { clock });
    const count = (release: Release): Release =>
      changed(release, { assets: release.assets.map((asset) => ({ ...asset, download_count: 1_000_000 })) });
    releases[0] = count(releases[0]!);
    expect((await readsWell(github, 'releases', { clock, bookmark })).rows).toEqual([]);
    const all = { releases: { ignore_fields: [], change_fields: undefined, reconcile_every: 24 } };
    const counted = await readsWell(github, 'releases', { clock, config: all });
    releases[1] = count(releases[1]!);
    expect(ids((await readsWell(github, 'releases', { clock, config: all, bookmark: counted.bookmark })).rows)).toEqual([
      releases[1].id,
    ]);
  });

  test('with change_fields only these count', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const config = { releases: { ignore_fields: [], change_fields: ['tag_name', 'assets.size'], reconcile_every: 24 } };
    const { bookmark } = await readsWell(github, 'releases', { clock, config });
    releases[0] = changed(releases[0]!);
    releases[1] = changed(releases[1]!, { tag_name: 'other' });
    releases[2] = changed(releases[2]!, { assets: releases[2]!.assets.map((asset) => ({ ...asset, size: 1 })) });
    expect(ids((await readsWell(github, 'releases', { clock, config, bookmark })).rows)).toEqual([
      releases[1].id,
      releases[2].id,
    ]);
  });

  test('a field that is selected anew is sent of all, though the server says that nothing has changed', async () => {
    const { github, clock } = await fake(recordedReleases());
    const { bookmark } = await readsWell(github, 'releases', { clock, columns: ['id', 'tag_name'] });
    const next = await readsWell(github, 'releases', { clock, bookmark, columns: ['id', 'tag_name', 'body'] });
    expect(next.rows).toHaveLength(30);
  });

  test('a change of what is not selected sends nothing', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const { bookmark } = await readsWell(github, 'releases', { clock, columns: ['id', 'tag_name'] });
    releases[0] = changed(releases[0]!);
    expect((await readsWell(github, 'releases', { clock, bookmark, columns: ['id', 'tag_name'] })).rows).toEqual([]);
  });

  test('a deleted one is marked, on whatever page it was', async () => {
    for (const at of [2, 150]) {
      const { github, releases, clock } = await fake(manyReleases(350));
      const { bookmark } = await readsWell(github, 'releases', { clock });
      const [gone] = releases.splice(at, 1);
      clock.pass(25 * HOUR);
      const next = await readsWell(github, 'releases', { clock, bookmark });
      expect(next.rows).toEqual([
        {
          id: gone!.id,
          org: 'octo',
          repo: 'one',
          repo_id: 401_025,
          _sdc_deleted_at: expect.stringMatching(/^2026-01-03T/) as string,
        },
      ]);
      expect((await readsWell(github, 'releases', { clock, bookmark: next.bookmark })).rows).toEqual([]);
    }
  });

  test('a deleted one of the first page is found at once: its page is not as it was, and the others are looked through', async () => {
    const { github, releases, clock } = await fake(manyReleases(350));
    const { bookmark } = await readsWell(github, 'releases', { clock });
    const [gone] = releases.splice(2, 1);
    const next = await readsWell(github, 'releases', { clock, bookmark });
    expect(ids(next.rows)).toEqual([gone!.id]);
  });

  test('one that is missing in the list and can be had by itself is not taken for deleted, and is remembered', async () => {
    const { github, releases, clock } = await fake(manyReleases(10));
    const { bookmark } = await readsWell(github, 'releases', { clock });
    const [hidden] = releases.splice(2, 1);
    github.before(/releases\/\d+$/, 1, () => releases.splice(2, 0, hidden!));
    const next = await readsWell(github, 'releases', { clock, bookmark });
    expect(next.rows).toEqual([]);
    expect(next.said.map(({ message }) => message)).toContain(
      'Records are missing in a list and are there all the same: none is taken for deleted',
    );
    expect((await readsWell(github, 'releases', { clock, bookmark: next.bookmark })).rows).toEqual([]);
  });

  test('without _sdc_deleted_at among the columns a deletion sends nothing and is told', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const { bookmark } = await readsWell(github, 'releases', { clock, columns: ['id', 'tag_name'] });
    releases.splice(2, 1);
    const next = await readsWell(github, 'releases', { clock, bookmark, columns: ['id', 'tag_name'] });
    expect(next.rows).toEqual([]);
    expect(next.said.filter(({ fields }) => fields?.['count'] === 1).map(({ message }) => message)).toContain(
      'Records were deleted; _sdc_deleted_at is not selected, so nothing tells of it',
    );
  });

  test('one that is deleted while pages are read pushes none out, and one that is published comes once', async () => {
    for (const change of [
      (releases: Release[]) => void releases.splice(5, 1),
      (releases: Release[]) => void releases.unshift(changed(releases[0]!, { id: 77, tag_name: 'new' })),
    ]) {
      const { github, releases, clock } = await fake(manyReleases(350));
      github.before(/releases\?.*page=2/, 1, () => change(releases));
      const { rows } = await readsWell(github, 'releases', { clock });
      const sent = rows.filter((row) => row['_sdc_deleted_at'] === undefined);
      expect(new Set(ids(sent)).size).toBe(sent.length);
      for (const { id } of releases) expect(ids(sent)).toContain(id);
    }
  });

  test('an interrupted first run goes on: nothing is lost, nothing that was covered is sent again', async () => {
    const { github, releases, clock } = await fake(manyReleases(350));
    for (const batches of [1, 2, 3, 4]) {
      const first = await readsWell(github, 'releases', { clock, batches });
      const rest = await readsWell(github, 'releases', { clock, bookmark: first.bookmark });
      expect(ids([...first.rows, ...rest.rows])).toEqual(ids(releases));
    }
  });

  test('start_date leaves out those of which every date is older, until they change', async () => {
    const { github, releases, clock } = await fake(manyReleases(10));
    const config = { start_date: releases[4]!.created_at };
    const { rows, bookmark } = await readsWell(github, 'releases', { clock, config });
    expect(ids(rows)).toEqual(ids(releases.slice(0, 5)));
    releases[8] = changed(releases[8]!, { updated_at: '2026-01-02T00:00:00Z' });
    expect(ids((await readsWell(github, 'releases', { clock, config, bookmark })).rows)).toEqual([releases[8].id]);
    expect((await readsWell(github, 'releases', { clock, bookmark })).rows).toHaveLength(5);
  });

  test.each(['releases', 'release_asset_downloads'])(
    '%s of a list that goes deeper than GitHub gives come that far; it is told, and strict ends the run',
    async (stream) => {
      const { github, releases, clock } = await fake(manyReleases(350));
      github.fault(/releases\?.*page=3/, 'too-deep', { times: 9 });
      const { rows, said, bookmark, seesAll } = await readsWell(github, stream, { clock });
      const given = new Set(rows.map((row) => row['release_id'] ?? row['id']));
      const there = releases.slice(0, 200).filter(({ assets }) => stream === 'releases' || assets.length > 0);
      expect(given).toEqual(new Set(ids(there)));
      expect(seesAll).toBe(false);
      expect(said.filter(({ message }) => message.includes('no more pages of a list'))).toHaveLength(1);
      expect((await readsWell(github, stream, { clock, bookmark })).rows).toEqual([]);
      expect((await read(github, stream, { clock, config: { strict: true } })).error).toMatchObject({ code: 'skipped' });
    },
  );

  test('FULL_TABLE sends all in every run', async () => {
    const { github, clock } = await fake(recordedReleases());
    const { bookmark } = await readsWell(github, 'releases', { clock });
    expect((await readsWell(github, 'releases', { clock, bookmark, method: 'FULL_TABLE' })).rows).toHaveLength(30);
  });
});

describe('assets of releases', () => {
  test('come one by one with their release, and again only if more than the count has changed', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const total = releases.reduce((sum, { assets }) => sum + assets.length, 0);
    const first = await readsWell(github, 'release_assets', { clock });
    expect(first.rows).toHaveLength(total);
    expect(first.rows[0]).toMatchObject({ release_id: releases[0]!.id, tag_name: 'v2.12.8', repo: 'one', digest: null });
    const [asset, ...others] = releases[0]!.assets;
    releases[0] = changed(releases[0]!, { assets: [{ ...asset!, download_count: 7 }, ...others] });
    const counted = await readsWell(github, 'release_assets', { clock, bookmark: first.bookmark });
    expect(counted.rows).toEqual([]);
    releases[0] = changed(releases[0], { assets: others });
    const gone = await readsWell(github, 'release_assets', { clock, bookmark: counted.bookmark });
    expect(gone.rows).toMatchObject([{ id: asset!.id, _sdc_deleted_at: '2026-01-02T12:00:00.000Z' }]);
  });

  test('download counts come once a day, one record for each asset and day', async () => {
    const { github, releases, clock } = await fake(recordedReleases());
    const total = releases.reduce((sum, { assets }) => sum + assets.length, 0);
    const first = await readsWell(github, 'release_asset_downloads', { clock });
    expect(first.rows).toHaveLength(total);
    expect(first.rows[0]).toMatchObject({ date: '2026-01-02', asset_id: releases[0]!.assets[0]!.id, repo_id: 401_025 });
    const again = await readsWell(github, 'release_asset_downloads', { clock, bookmark: first.bookmark });
    expect([again.rows, again.calls]).toEqual([[], []]);
    clock.pass(24 * HOUR);
    expect((await readsWell(github, 'release_asset_downloads', { clock, bookmark: first.bookmark })).rows).toHaveLength(total);
  });
});
