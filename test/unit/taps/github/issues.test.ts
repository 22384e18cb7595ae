import { describe, expect, test } from 'vitest';
import { type Item, made } from '../../../support/github/index.ts';
import { read, readsWell } from './harness.ts';
import { second, items, numbers, fake, issue, pull } from './items.ts';

describe('issues', () => {
  test('come once, oldest change first, open and closed; a third run costs one request that is free', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    const first = await readsWell(github, 'issues');
    expect(numbers(first.rows)).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    expect(first.rows[0]).toMatchObject({ org: 'octo', repo: 'one', repo_id: 401_025, type: 'pull_request' });
    const next = await readsWell(github, 'issues', { bookmark: first.bookmark });
    expect(next.rows).toEqual([]);
    const third = await readsWell(github, 'issues', { bookmark: next.bookmark });
    expect([third.rows, third.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
  });

  test('one that is changed while pages are read is sent, and pushes no other one out', async () => {
    const github = await fake();
    const { issues } = github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    github.before(/issues\?.*since/, 1, () => {
      // The first of page one moves to the end: by page number the 101st would be missed.
      issues[0] = { ...issues[0]!, updated_at: second(1000) };
    });
    const { rows } = await readsWell(github, 'issues');
    expect(new Set(numbers(rows)).size).toBe(250);
    expect(rows.at(-1)).toMatchObject({ id: 1, updated_at: second(1000) });
  });

  test('more than a page of one second are all read, and none again', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, (n) => ({ ...issue(n), updated_at: second(7) })) });
    const first = await readsWell(github, 'issues');
    expect(new Set(numbers(first.rows)).size).toBe(250);
    expect((await readsWell(github, 'issues', { bookmark: first.bookmark })).rows).toEqual([]);
  });

  test('a start date that is later than the bookmark wins', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 10, issue) });
    const { bookmark } = await readsWell(github, 'issues', { config: { repositories: ['octo/one'] } });
    github.world.repositories[0]!.issues = items('issue', 30, issue);
    expect(numbers((await readsWell(github, 'issues', { bookmark, config: { start_date: second(28) } })).rows)).toEqual([
      28, 29, 30,
    ]);
  });

  test('one changed in the very second of the bookmark is not lost', async () => {
    const github = await fake();
    const { issues } = github.world.add({ name: 'one', issues: items('issue', 3, issue) });
    const { bookmark } = await readsWell(github, 'issues');
    issues.push(made('issue', 9, { id: 9, number: 9, state: 'open', updated_at: second(3) }));
    expect(numbers((await readsWell(github, 'issues', { bookmark })).rows)).toEqual([9]);
  });

  test('a start date is sent as since; one of 1970, which GitHub answers with nothing, is not', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 10, issue) });
    const late = await readsWell(github, 'issues', { config: { start_date: '2026-01-01T00:00:08Z' } });
    expect(numbers(late.rows)).toEqual([8, 9, 10]);
    const early = await readsWell(github, 'issues', { config: { start_date: '1970-01-01' } });
    expect(early.rows).toHaveLength(10);
    const own = await readsWell(github, 'issues', {
      config: { start_date: '1970-01-01', start_dates: { issues: '2026-01-01T00:00:10Z' } },
    });
    expect(numbers(own.rows)).toEqual([10]);
  });

  test('a run that stops in between goes on with the next page', async () => {
    const github = await fake();
    github.world.add({ name: 'one', issues: items('issue', 250, issue) });
    const first = await readsWell(github, 'issues', { batches: 2 });
    expect(first.rows).toHaveLength(199);
    const rest = await readsWell(github, 'issues', { bookmark: first.bookmark });
    expect(numbers(rest.rows)).toEqual(Array.from({ length: 51 }, (_, n) => n + 200));
  });
});

test('comments of issues come with the number of their issue', async () => {
  const github = await fake();
  const comment = (n: number): Item => ({
    updated_at: second(n),
    issue_url: `https://api.github.com/repos/octo/one/issues/${n * 7}`,
  });
  github.world.add({ name: 'one', issueComments: items('issue-comment', 120, comment) });
  const { rows, bookmark } = await readsWell(github, 'issue_comments');
  expect(rows).toHaveLength(120);
  expect(rows[2]).toMatchObject({ id: 3, issue_number: 21 });
  expect((await readsWell(github, 'issue_comments', { bookmark })).rows).toEqual([]);
});

describe('pull requests', () => {
  test('come once; of later runs only those that have changed, and the first page alone is asked for', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 250, pull) });
    const first = await readsWell(github, 'pull_requests');
    expect(new Set(numbers(first.rows)).size).toBe(250);
    const idle = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    pulls[9] = { ...pulls[9]!, updated_at: second(999) };
    const next = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(numbers(next.rows)).toEqual([10]);
    expect(next.calls.filter((call) => call.includes('/pulls'))).toHaveLength(1);
  });

  test('one that is changed while pages are read comes with the next run; none is missed or sent twice', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 250, pull) });
    github.before(/pulls\?.*page=2/, 1, () => {
      pulls[0] = { ...pulls[0]!, updated_at: second(1000) };
    });
    const first = await readsWell(github, 'pull_requests');
    expect(new Set(numbers(first.rows)).size).toBe(first.rows.length);
    const next = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(new Set([...numbers(first.rows), ...numbers(next.rows)]).size).toBe(250);
    expect(next.rows).toMatchObject([{ id: 1, updated_at: second(1000) }]);
  });

  test('an interrupted run goes on where it was, and then reads what is newer', async () => {
    const github = await fake();
    const { pulls } = github.world.add({ name: 'one', pulls: items('pull-request-simple', 350, pull) });
    const first = await readsWell(github, 'pull_requests', { batches: 2 });
    expect(first.rows).toHaveLength(200);
    pulls[349] = { ...pulls[349]!, updated_at: second(2000) };
    const rest = await readsWell(github, 'pull_requests', { bookmark: first.bookmark });
    expect(numbers(rest.rows)).toEqual([...Array.from({ length: 150 }, (_, n) => 150 - n), 350]);
    expect((await readsWell(github, 'pull_requests', { bookmark: rest.bookmark })).rows).toEqual([]);
  });

  test('a start date ends the first walk', async () => {
    const github = await fake();
    github.world.add({ name: 'one', pulls: items('pull-request-simple', 350, pull) });
    const { rows, calls } = await readsWell(github, 'pull_requests', { config: { start_date: second(300) } });
    expect(numbers(rows)).toEqual(Array.from({ length: 51 }, (_, n) => 350 - n));
    expect(calls.filter((call) => call.includes('/pulls'))).toHaveLength(1);
  });
});

describe('reviews', () => {
  const review = (id: number, changes: Item = {}): Item => made('pull-request-review', id, { id, state: 'APPROVED', ...changes });

  test('are asked for only of pull requests that have changed, and sent only if they are new or changed', async () => {
    const github = await fake();
    const reviews = new Map([1, 2, 3].map((n) => [n, [review(n * 10), review(n * 10 + 1)]]));
    const { pulls } = github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 3, pull) });
    const first = await readsWell(github, 'reviews');
    expect(new Set(numbers(first.rows))).toEqual(new Set([10, 11, 20, 21, 30, 31]));
    expect(first.rows[0]).toMatchObject({ pull_id: 3, pull_number: 3, org: 'octo', repo: 'one' });
    const idle = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect([idle.rows, idle.calls.map((call) => call.slice(0, 3))]).toEqual([[], ['304']]);
    reviews.set(2, [review(20), review(21, { state: 'DISMISSED' }), review(22)]);
    pulls[1] = { ...pulls[1]!, updated_at: second(99) };
    const next = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect(next.rows.map(({ id, state }) => [id, state])).toEqual([
      [21, 'DISMISSED'],
      [22, 'APPROVED'],
    ]);
    expect(next.calls.filter((call) => call.includes('/reviews'))).toHaveLength(1);
  });

  test('a pull request that is gone is told; the reviews of the others come', async () => {
    const github = await fake();
    const reviews = new Map([1, 2, 3].map((n) => [n, [review(n)]]));
    github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 3, pull) });
    github.fault(/pulls\/2\/reviews/, 'not-found', { times: 2 });
    const { rows, said } = await readsWell(github, 'reviews');
    expect(numbers(rows)).toEqual([3, 1]);
    expect(JSON.stringify(said)).toContain('octo/one#2');
    expect((await read(github, 'reviews', { config: { strict: true } })).error).toMatchObject({ code: 'skipped' });
  });

  test('an interrupted run does not ask again for pull requests that are done', async () => {
    const github = await fake();
    const reviews = new Map(Array.from({ length: 40 }, (_, n) => [n + 1, [review(n + 1)]]));
    github.world.add({ name: 'one', reviews, pulls: items('pull-request-simple', 40, pull) });
    const first = await readsWell(github, 'reviews', { batches: 20 });
    const rest = await readsWell(github, 'reviews', { bookmark: first.bookmark });
    expect(rest.calls.filter((call) => call.includes('/reviews')).length).toBeLessThanOrEqual(21);
    expect(new Set([...numbers(first.rows), ...numbers(rest.rows)]).size).toBe(40);
  });
});
