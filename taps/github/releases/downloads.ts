import { isJsonObject, type Json, type JsonObject, type Row } from '../../../singer/tap/index.ts';
import type { Page } from '../api/client.ts';
import { type Piece, parentColumns, type Reading } from '../streams/reading.ts';
import { Refused } from '../streams/refused.ts';
import { idOf, itemsOf } from '../streams/shape.ts';

/** Reads the download counts of all assets, once a day (UTC, by the server's clock): one record for each asset and day. */
export async function* readDownloads(reading: Reading): AsyncGenerator<Piece> {
  const { stream } = reading;
  const url = (page: number): string => reading.url('releases', { per_page: 100, page: page === 1 ? undefined : page });
  const today = dayOf(reading.world.clock.now());
  const begun = await reading.begin((state) => (state['date'] === today ? undefined : { url: url(1) }));
  if (begun.first === undefined) return;
  const identity = await reading.identity();
  const date = dayOf(begun.first.time);
  let page = begun.first;
  for (let number = 2; ; number++) {
    const rows: Row[] = [];
    for (const release of itemsOf(stream, page.body)) {
      for (const asset of assetsOf(release)) {
        const { id, name, download_count } = asset;
        rows.push({
          date,
          asset_id: id,
          release_id: release['id'],
          tag_name: release['tag_name'],
          name,
          download_count,
          ...parentColumns(identity),
        });
      }
    }
    const next = page.next === undefined ? undefined : await nextPage(reading, url(number));
    yield next === undefined ? reading.piece(rows, begun.id, { date: today }) : { batches: reading.write(rows) };
    if (next === undefined) return;
    page = next;
  }
}

/** Undefined: GitHub gives no more of the list. */
async function nextPage(reading: Reading, url: string): Promise<Page | undefined> {
  const answer = await reading.get(url);
  if (answer.kind === 'page') return answer;
  if (answer.kind === 'unchanged') throw new Error('Status 304 without If-None-Match');
  if (answer.refusal.status !== 422) throw new Refused(answer.refusal);
  reading.skip(answer.refusal);
  return undefined;
}

/** The assets of a release; each is an object with an id. */
export function assetsOf(release: JsonObject): readonly JsonObject[] {
  const { assets } = release;
  const list = Array.isArray(assets) ? (assets as readonly Json[]).filter(isJsonObject) : [];
  for (const asset of list) idOf('release_assets', asset);
  return list;
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
