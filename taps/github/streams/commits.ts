import { isJsonObject, type JsonObject } from '../../../singer/tap/index.ts';
import type { Page } from '../api/client.ts';
import { markOf } from './mark.ts';
import { type Piece, parentColumns, type Reading } from './reading.ts';
import { itemsOf, textOf } from './shape.ts';
import { sinceParameter } from './times.ts';

/** A reading that an earlier run did not finish: pages of what leads to `head`. */
interface Walk {
  readonly head: string;
  readonly page: number;
}

/**
 * Reads the commits of the default branch that its head has gained since the last run, by comparing the two heads. A branch that is merged
 * brings commits with old dates: asking by date would miss them. Pages are those of a fixed head, so nothing moves while they are read.
 */
export async function* readCommits(reading: Reading): AsyncGenerator<Piece> {
  const { stream } = reading;
  const begun = await reading.begin((state) => ({ url: reading.url('commits', { per_page: 1 }), etag: textIn(state, 'etag') }));
  if (begun.first === undefined) return;
  const { id, state, first } = begun;
  const identity = await reading.identity();
  let known = textIn(state, 'head');
  const since = known === undefined ? sinceParameter(markOf(state, reading.startDate)?.since) : undefined;
  const newest = itemsOf(stream, first.body)[0];
  const heads = [walkOf(state), ...(newest === undefined ? [] : [{ head: textOf(stream, newest, 'sha'), page: 1 }])];
  for (const walk of heads) {
    if (walk === undefined || walk.head === known) continue;
    const from = known;
    for await (const { items, page, last } of pagesOf(reading, from, walk, since)) {
      const rows = items.map((item) => ({ ...item, commit_timestamp: timeOf(item), ...parentColumns(identity) }));
      const next = last ? undefined : { head: walk.head, page: page + 1 };
      const progress =
        next === undefined ? { head: walk.head } : { ...(from !== undefined && { head: from }), walk: { ...next } };
      yield reading.piece(rows, id, { ...progress, ...(since !== undefined && next !== undefined && { since }) });
    }
    known = walk.head;
  }
  const etag = first.etag === undefined ? {} : { etag: first.etag };
  yield reading.piece([], id, { ...(known !== undefined && { head: known }), ...etag });
}

interface CommitPage {
  readonly items: readonly JsonObject[];
  readonly page: number;
  readonly last: boolean;
}

async function* pagesOf(
  reading: Reading,
  from: string | undefined,
  { head, page: first }: Walk,
  since: string | undefined,
): AsyncGenerator<CommitPage> {
  const { stream } = reading;
  const compared = from === undefined ? undefined : `compare/${from}...${head}`;
  let url = (page: number): string =>
    compared === undefined
      ? reading.url('commits', { sha: head, per_page: 100, page, since })
      : reading.url(compared, { per_page: 100, page });
  let member = compared === undefined ? undefined : 'commits';
  for (let page = first; ; page++) {
    const answer = await reading.get(url(page));
    let read: Page;
    if (answer.kind === 'page') read = answer;
    else if (member !== undefined) {
      reading.log.warn('The commit that was the newest is not there any more: all commits are read again', {
        stream,
        repository: reading.name,
      });
      [page, member] = [1, undefined];
      url = (page) => reading.url('commits', { sha: head, per_page: 100, page, since: sinceParameter(reading.startDate) });
      read = await reading.fresh(url(page));
    } else read = await reading.fresh(url(page));
    const last = read.next === undefined;
    yield { items: itemsOf(stream, read.body, member), page, last };
    if (last) return;
  }
}

function timeOf({ commit }: JsonObject): string | undefined {
  const committer = isJsonObject(commit) ? commit['committer'] : undefined;
  return isJsonObject(committer) ? textIn(committer, 'date') : undefined;
}

function textIn(object: JsonObject, name: string): string | undefined {
  const text = object[name];
  return typeof text === 'string' ? text : undefined;
}

function walkOf({ walk }: JsonObject): Walk | undefined {
  const { head, page } = isJsonObject(walk) ? walk : {};
  return typeof head === 'string' && typeof page === 'number' ? { head, page } : undefined;
}
