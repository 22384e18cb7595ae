import { isJsonObject, type JsonObject, type Row } from '../../../singer/tap/index.ts';
import type { Page } from '../api/client.ts';
import type { Identity } from '../repositories/repositories.ts';
import { advanced, covers, type Mark, markOf, markState } from './mark.ts';
import { Refused } from './refused.ts';
import { type Piece, parentColumns, type Reading } from './reading.ts';
import { idOf, itemsOf, textOf } from './shape.ts';

/** The kind of answer that tells the time of each star. */
export const STARS = 'application/vnd.github.star+json';
const PER_PAGE = 100;

/**
 * Reads new stars. The list is oldest first, so they stand at its end: it begins at the page that was the last, and goes back where
 * stars that were taken away have pulled newer ones forward.
 */
export async function* readStargazers(reading: Reading): AsyncGenerator<Piece> {
  const { stream, startDate } = reading;
  const url = (page: number): string => reading.url('stargazers', { per_page: PER_PAGE, page });
  const begun = await reading.begin((state) => ({
    url: url(numberIn(state, 'page') ?? 1),
    etag: typeof state['etag'] === 'string' ? state['etag'] : undefined,
    accept: STARS,
  }));
  const { id, state } = begun;
  let number = numberIn(state, 'page') ?? 1;
  let mark = markOf(state, startDate);
  let page = begun.first;
  if (page === undefined) {
    // The page is as it was; if it was full, new stars are on the next one.
    if (state['full'] !== true) return;
    page = await reading.fresh(url(++number), STARS);
    if (itemsOf(stream, page.body).length === 0) return;
  }
  const identity = await reading.identity();
  while (number > 1 && isNewer(stream, page, mark)) page = await reading.fresh(url(--number), STARS);
  const send = (page: Page, last: boolean): Piece => {
    const stars = itemsOf(stream, page.body).map((item) => starOf(stream, item, identity));
    const fresh = stars.filter((star) => !covers(mark, star.time, star.id));
    mark = advanced(mark, fresh);
    const etag = last && page.etag !== undefined ? { etag: page.etag } : {};
    const place = { page: number, ...(stars.length === PER_PAGE && { full: true }), ...etag };
    return reading.piece(
      fresh.map(({ row }) => row),
      id,
      { ...markState(mark), ...place },
    );
  };
  for (; ; number++) {
    yield send(page, page.next === undefined);
    if (page.next === undefined) return;
    const answer = await reading.get(url(number + 1), { accept: STARS });
    if (answer.kind === 'refused') throw new Refused(answer.refusal);
    if (answer.kind === 'unchanged') throw new Error('Status 304 without If-None-Match');
    // A star that was taken away meanwhile has pulled the first one of the next page onto this one.
    const again = await reading.page(url(number), { etag: page.etag, accept: STARS });
    if (again !== undefined) yield send(again, false);
    page = answer;
  }
}

/** True if stars before this page may be new, too. */
function isNewer(stream: string, page: Page, mark: Mark | undefined): boolean {
  const oldest = itemsOf(stream, page.body)[0];
  return oldest === undefined || mark === undefined || textOf(stream, oldest, 'starred_at') > mark.since;
}

function starOf(stream: string, item: JsonObject, identity: Identity): { id: string; time: string; row: Row } {
  const user = isJsonObject(item['user']) ? item['user'] : {};
  const row = { ...item, user_id: user['id'], ...parentColumns(identity) };
  return { id: idOf(stream, user), time: textOf(stream, item, 'starred_at'), row };
}

function numberIn(state: JsonObject, name: string): number | undefined {
  const value = state[name];
  return typeof value === 'number' && value >= 1 ? value : undefined;
}
