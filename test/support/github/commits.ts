import { notFound, type Answer } from './answer.ts';
import type { Item } from './records.ts';
import type { Repository } from './world.ts';

/** The commits that lead to `sha`, newest first; all if it is not given. The list of a repository is its history: a branch without merges. */
export function leadingTo(commits: readonly Item[], sha: string | null): readonly Item[] {
  const at = sha === null ? 0 : commits.findIndex((commit) => commit['sha'] === sha);
  return at === -1 ? [] : commits.slice(at);
}

/** What `head` has that `base` has not, oldest first: `BASE...HEAD`. */
export function compared({ commits }: Repository, basehead: string, query: URLSearchParams): Answer {
  const [base, head] = basehead.split('...');
  const [from, to] = [base, head].map((sha) => commits.findIndex((commit) => commit['sha'] === sha));
  if (from === undefined || to === undefined || from === -1 || to === -1) return notFound();
  const gained = commits.slice(to, from).toReversed();
  const size = Number(query.get('per_page') ?? 30);
  const page = Number(query.get('page') ?? 1);
  const more = page * size < gained.length;
  const next = new URLSearchParams(query);
  next.set('page', String(page + 1));
  return {
    status: 200,
    body: { status: 'ahead', total_commits: gained.length, commits: gained.slice((page - 1) * size, page * size), files: [] },
    ...(more && { headers: { link: `<compare/${basehead}?${next.toString()}>; rel="next"` } }),
  };
}
