import type { JsonObject, Row } from '../../../singer/tap/index.ts';
import type { Identity } from '../repositories/repositories.ts';
import { advanced, covers, markOf, markState } from './mark.ts';
import type { Piece, Reading } from './reading.ts';
import { idOf, itemsOf, textOf } from './shape.ts';
import { sinceParameter } from './times.ts';

/** A list that the API gives by time of change, oldest first, from a time on. */
export interface AscendingRule {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly row: (item: JsonObject, identity: Identity) => Row;
}

/**
 * Reads what has changed since the mark. Each next page is asked for by the time of the last record, not by its number: a record that is
 * changed meanwhile moves to the end of the list, and numbers would then pass over another one.
 */
export async function* readAscending(reading: Reading, { path, query, row }: AscendingRule): AsyncGenerator<Piece> {
  const { stream, startDate } = reading;
  const url = (since: string | undefined): string =>
    reading.url(path, { ...query, sort: 'updated', direction: 'asc', per_page: 100, since: sinceParameter(since) });
  const begun = await reading.begin((state) => ({
    url: url(markOf(state, startDate)?.since),
    etag: typeof state['etag'] === 'string' ? state['etag'] : undefined,
  }));
  if (begun.first === undefined) return;
  const { id: repository, state } = begun;
  const identity = await reading.identity();
  let mark = markOf(state, startDate);
  for (let page = begun.first; ;) {
    const from = mark?.since;
    const records = itemsOf(stream, page.body).map((item) => ({
      item,
      id: idOf(stream, item),
      time: textOf(stream, item, 'updated_at'),
    }));
    const fresh = records.filter(({ time, id }) => !covers(mark, time, id));
    mark = advanced(mark, fresh);
    const rows = fresh.map(({ item }) => row(item, identity));
    const last = page.next === undefined;
    // An ETag belongs to its URL: it is of use only if the next run asks the same.
    const etag = last && fresh.length === 0 && page.etag !== undefined ? { etag: page.etag } : {};
    yield reading.piece(rows, repository, { ...markState(mark), ...etag });
    if (page.next === undefined) return;
    page = await reading.fresh(mark?.since === from ? page.next : url(mark?.since));
  }
}
