import type { Json, JsonObject, Row } from '../../../singer/tap/index.ts';
import { isJsonObject } from '../../../singer/tap/index.ts';
import type { Page } from '../api/client.ts';
import type { Identity } from '../repositories/repositories.ts';
import { advanced, covers, type Mark, markOf, markState } from './mark.ts';
import type { Begun, Piece, Reading } from './reading.ts';
import { idOf, itemsOf, textOf } from './shape.ts';

/** A list that the API gives by time of change, newest first, without a way to ask from a time on. */
export interface DescendingRule {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The records of an item; may ask for more. */
  records(item: JsonObject, identity: Identity): Promise<readonly Row[]> | readonly Row[];
  /** True if `records` asks, so that each item is worth a state of its own. */
  readonly costly: boolean;
  /** Told what is known of the repository, before the first record. */
  recall?(state: JsonObject): void;
  /** More of the state, as it is after the items so far. */
  memory?(): JsonObject;
}

/** A walk from the newest to the mark that an earlier run did not finish. */
interface Walk {
  /** The mark that holds once the walk is done. */
  readonly high: Mark;
  /** The page to go on with. It may hold what was read already, never pass over anything: changed items move to the first page. */
  readonly page: number;
  /** All that changed after this was read. */
  readonly low: string;
}

interface Timed {
  readonly item: JsonObject;
  readonly id: string;
  readonly time: string;
}

/** Reads from the newest down to the mark; an interrupted walk is finished first. */
export async function* readDescending(reading: Reading, rule: DescendingRule): AsyncGenerator<Piece> {
  const url = (page: number): string =>
    reading.url(rule.path, {
      ...rule.query,
      sort: 'updated',
      direction: 'desc',
      per_page: 100,
      page: page === 1 ? undefined : page,
    });
  const begun = await reading.begin((state) => ({
    url: url(1),
    etag: typeof state['etag'] === 'string' ? state['etag'] : undefined,
  }));
  if (begun.first === undefined) return;
  rule.recall?.(begun.state);
  const walk = walkOf(begun.state);
  const mark = markOf(begun.state, reading.startDate);
  const descent = new Descent(reading, rule, begun, await reading.identity(), url);
  if (walk === undefined) yield* descent.read(mark, undefined, begun.first);
  else {
    yield* descent.read(mark, walk, undefined);
    yield* descent.read(walk.high, undefined, await reading.fresh(url(1)));
  }
}

class Descent {
  readonly #reading: Reading;
  readonly #rule: DescendingRule;
  readonly #begun: Begun;
  readonly #identity: Identity;
  readonly #url: (page: number) => string;

  constructor(reading: Reading, rule: DescendingRule, begun: Begun, identity: Identity, url: (page: number) => string) {
    this.#reading = reading;
    this.#rule = rule;
    this.#begun = begun;
    this.#identity = identity;
    this.#url = url;
  }

  /** From `walk` or the first page on, down to the mark. */
  async *read(mark: Mark | undefined, walk: Walk | undefined, first: Page | undefined): AsyncGenerator<Piece> {
    let high = walk?.high;
    let low = walk?.low;
    let met: ReadonlySet<string> = new Set();
    for (let number = walk?.page ?? 1; ; number++) {
      const page = number === 1 && first !== undefined ? first : await this.#reading.fresh(this.#url(number));
      const items = this.#timed(page);
      if (walk === undefined) high = advanced(high ?? mark, items);
      const fresh = items.filter(({ id, time }) => !covers(mark, time, id) && (low === undefined || time <= low) && !met.has(id));
      const done = page.next === undefined || items.some(({ time }) => mark !== undefined && time < mark.since);
      met = new Set(items.map(({ id }) => id));
      for (const chunk of this.#rule.costly ? fresh.map((each) => [each]) : [fresh]) {
        const rows: Row[] = [];
        for (const { item } of chunk) rows.push(...(await this.#rule.records(item, this.#identity)));
        low = chunk.at(-1)?.time ?? low;
        if (this.#rule.costly || !done) {
          const next = this.#rule.costly ? number : number + 1;
          yield this.#piece(rows, { ...markState(mark), ...unfinished({ high, page: next, low }) });
        } else yield { batches: this.#reading.write(rows) };
      }
      if (!done) continue;
      const etag = first?.etag === undefined ? {} : { etag: first.etag };
      yield this.#piece([], { ...markState(high ?? mark), ...etag });
      return;
    }
  }

  #timed(page: Page): readonly Timed[] {
    const { stream } = this.#reading;
    return itemsOf(stream, page.body).map((item) => ({
      item,
      id: idOf(stream, item),
      time: textOf(stream, item, 'updated_at'),
    }));
  }

  #piece(rows: readonly Row[], state: JsonObject): Piece {
    return this.#reading.piece(rows, this.#begun.id, { ...state, ...this.#rule.memory?.() });
  }
}

function unfinished({ high, page, low }: { high: Mark | undefined; page: number; low: string | undefined }): JsonObject {
  return high === undefined || low === undefined ? {} : { walk: { high: markState(high), page, low } };
}

function walkOf(state: JsonObject): Walk | undefined {
  const walk: Json | undefined = state['walk'];
  if (!isJsonObject(walk)) return undefined;
  const { page, low } = walk;
  const high = isJsonObject(walk['high']) ? markOf(walk['high'], undefined) : undefined;
  return high !== undefined && typeof page === 'number' && typeof low === 'string' ? { high, page, low } : undefined;
}
