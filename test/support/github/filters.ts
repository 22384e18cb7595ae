import type { Item } from './records.ts';
import type { Collection } from './world.ts';

interface Rule {
  /** The field by which `since` filters, and whether GitHub answers `since` of 1970 with nothing, as it does for issues. */
  readonly since?: readonly string[];
  readonly until?: readonly string[];
  /** A list of open ones, unless `state` says otherwise. */
  readonly state?: true;
  /** `created=>=TIME`. */
  readonly created?: true;
  /** The words of `sort` and their fields; the first is the default. Absent: the list has an order of its own. */
  readonly sort?: Readonly<Record<string, string>>;
  /** The direction if none is asked for. */
  readonly direction?: 'asc' | 'desc';
}

const RULES: Partial<Readonly<Record<Collection, Rule>>> = {
  issues: { since: ['updated_at'], state: true, sort: { created: 'created_at', updated: 'updated_at' }, direction: 'desc' },
  issueComments: { since: ['updated_at'], sort: { created: 'created_at', updated: 'updated_at' }, direction: 'asc' },
  pulls: { state: true, sort: { created: 'created_at', updated: 'updated_at' }, direction: 'desc' },
  commits: { since: ['commit', 'committer', 'date'], until: ['commit', 'committer', 'date'] },
  runs: { created: true },
};

/** The items that a query asks for, in the order in which GitHub lists them. Parameters that an endpoint does not know do nothing. */
export function filtered(collection: Collection, items: readonly Item[], query: URLSearchParams): readonly Item[] {
  const rule = RULES[collection];
  if (rule === undefined) return items;
  let found = [...items];
  const since = query.get('since');
  if (since !== null && rule.since !== undefined) {
    const path = rule.since;
    const from = Date.parse(since);
    if (collection === 'issues' && from <= 0) return [];
    found = found.filter((item) => timeAt(item, path) >= from);
  }
  const until = query.get('until');
  if (until !== null && rule.until !== undefined) {
    const path = rule.until;
    found = found.filter((item) => timeAt(item, path) <= Date.parse(until));
  }
  const created = /^>=?(.+)$/.exec(query.get('created') ?? '')?.[1];
  if (created !== undefined && rule.created === true) {
    found = found.filter((item) => timeAt(item, ['created_at']) >= Date.parse(created));
  }
  const state = query.get('state') ?? 'open';
  if (rule.state === true && state !== 'all') found = found.filter((item) => item['state'] === state);
  if (rule.sort !== undefined) {
    const field = rule.sort[query.get('sort') ?? 'created'] ?? 'created_at';
    const sign = (query.get('direction') ?? rule.direction) === 'asc' ? 1 : -1;
    found.sort((one, other) => sign * (timeAt(one, [field]) - timeAt(other, [field])));
  }
  return found;
}

function timeAt(item: Item, path: readonly string[]): number {
  const text = path.reduce<unknown>((value, name) => (value as Item | undefined)?.[name], item);
  return Date.parse(String(text));
}
