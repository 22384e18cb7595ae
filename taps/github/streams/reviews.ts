import type { JsonObject, Row } from '../../../singer/tap/index.ts';
import { fingerprint } from '../releases/fingerprint.ts';
import { pack, unpack } from '../state/packed.ts';
import { readDescending } from './descending.ts';
import { type Piece, parentColumns, type Reading } from './reading.ts';
import { Refused } from './refused.ts';
import { idOf, itemsOf } from './shape.ts';

/** All pull requests. */
export const PULLS = { path: 'pulls', query: { state: 'all' } };

/** Reviews of a repository that are remembered, the newest read: about 26 KB of state. An older one of a changed pull request is sent again. */
const MOST_REMEMBERED = 2000;

/** Statuses for one pull request that is gone or hidden since it was listed; the others are read all the same. */
const GONE: readonly number[] = [404, 410, 451];

/** Reads the reviews of pull requests that have changed: a review changes its pull request. One call for each, and for each hundred reviews. */
export async function* readReviews(reading: Reading): AsyncGenerator<Piece> {
  const { stream } = reading;
  const content = fingerprint(reading.request.schema);
  let seen: Map<string, string> | undefined;
  yield* readDescending(reading, {
    ...PULLS,
    costly: true,
    recall: (state) => {
      const { reviews, basis } = state;
      seen = (basis === content.basis && typeof reviews === 'string' ? unpack(reviews) : undefined) ?? new Map<string, string>();
    },
    memory: () => ({ basis: content.basis, reviews: pack(new Map([...seen!].slice(-MOST_REMEMBERED))) }),
    async records(pull, identity) {
      const rows: Row[] = [];
      const number = idOf(stream, pull, 'number');
      let url: string | undefined = reading.url(`pulls/${number}/reviews`, { per_page: 100 });
      while (url !== undefined) {
        const page = await reading.get(url);
        if (page.kind === 'refused' && GONE.includes(page.refusal.status)) {
          reading.skip(page.refusal, `#${number}`);
          break;
        }
        if (page.kind === 'refused') throw new Refused(page.refusal);
        if (page.kind === 'unchanged') throw new Error('Status 304 without If-None-Match');
        for (const item of itemsOf(stream, page.body)) {
          const row = reviewOf(item, pull, parentColumns(identity));
          const [id, hash] = [idOf(stream, item), content.of(row)];
          if (seen!.get(id) !== hash) rows.push(row);
          // The newest stand last, so that the oldest go first.
          seen!.delete(id);
          seen!.set(id, hash);
        }
        url = page.next;
      }
      return rows;
    },
  });
}

function reviewOf(item: JsonObject, pull: JsonObject, parent: Row): Row {
  return { ...item, pull_id: pull['id'], pull_number: pull['number'], ...parent };
}
