import { type Batch, type JsonObject, type Row } from '../../../singer/tap/index.ts';
import type { Page } from '../api/client.ts';
import type { Identity } from '../repositories/repositories.ts';
import type { Piece, Reading } from '../streams/reading.ts';
import { Refused } from '../streams/refused.ts';
import { itemsOf } from '../streams/shape.ts';
import type { Seen } from '../state/packed.ts';
import { type Fingerprint, NOT_SENT } from './fingerprint.ts';
import { type KnownList, KnownPage, knownList, listState, union } from './pages.ts';

const PER_PAGE = 100;
/** While somebody publishes and deletes all the time a list has no end; then the next run goes on. */
const MOST_ROUNDS = 3;
/** Before any is told as deleted, so many of them are asked for by themselves. */
const MOST_CONFIRMED = 10;
const HOUR = 3_600_000;
const DELETED_AT = '_sdc_deleted_at';

/** A list that the API gives whole and in its own order, newest first, without a way to ask for what has changed. */
export interface ListRule {
  /** Below the repository: `releases`. */
  readonly path: string;
  /** The member of the answer that holds the list; undefined: the answer is the list. */
  readonly member?: string;
  /** The records of an item, each with the id that it is remembered by: a whole number as text. */
  records(item: JsonObject, identity: Identity): readonly { readonly id: string; readonly row: Row }[];
  /** The time that is held against start_date; undefined: none. */
  time?(row: Row): string | undefined;
  /** Records older than this many days are as they will stay: after the first run they are not looked at, nor remembered. */
  readonly days?: number;
  /** Undefined: deletions are not looked for. */
  readonly deleted?: DeletionRule;
  readonly fingerprint: Fingerprint;
  /** Hours after which all pages are looked through. */
  readonly reconcileHours: number;
}

export interface DeletionRule {
  /** Where a member can be asked for by itself, below the repository. */
  path(id: string): string;
  /** The keys of a record that is gone. */
  row(id: string, identity: Identity): Row;
}

/**
 * Reads what is new or changed in such a list, by ETags of its pages and fingerprints of its members.
 *
 * If the first page is as it was, that is all. Otherwise pages are read until one holds nothing that is new, and nothing that was there is
 * missing. From time to time, and at the first run, all are read; they are read again until nothing moves between them, because
 * what is published or deleted meanwhile shifts the rest.
 */
export async function* readList(reading: Reading, rule: ListRule): AsyncGenerator<Piece> {
  const walk = await begin(reading, rule);
  if (walk !== undefined) yield* walk.read();
}

/** Undefined: nothing has changed. Apart from the walk, which would hold on to the first page until it ends. */
async function begin(reading: Reading, rule: ListRule): Promise<ListWalk | undefined> {
  const { basis } = rule.fingerprint;
  const url = (page: number): string => reading.url(rule.path, { per_page: PER_PAGE, page: page === 1 ? undefined : page });
  const begun = await reading.begin((state) => ({ url: url(1), etag: knownList(state, basis).pages[0]?.etag }));
  const known = knownList(begun.state, basis);
  const age = reading.world.clock.now() - known.checked;
  // A time to come was written by a clock that was off.
  const due = !known.whole || age < 0 || age >= rule.reconcileHours * HOUR;
  if (begun.first === undefined && !due) return undefined;
  return new ListWalk({ reading, rule, id: begun.id, url, due, first: begun.first ?? 'unchanged' }, known);
}

interface Walking {
  readonly reading: Reading;
  readonly rule: ListRule;
  /** Of the repository. */
  readonly id: string;
  readonly url: (page: number) => string;
  /** True if all pages are to be looked through. */
  readonly due: boolean;
  readonly first: Page | 'unchanged';
}

/** A page as it was just read. */
interface ReadPage {
  readonly known: KnownPage;
  /** What is new or changed. */
  readonly batches: readonly Batch[];
  readonly last: boolean;
  /** True if all of it is older than the rule looks. */
  readonly aged: boolean;
}

class ListWalk {
  readonly #o: Omit<Walking, 'first'>;
  /** Fingerprints of all that was sent or passed over. */
  readonly #known: Map<string, string>;
  #list: KnownList;
  /** The first page, if it was asked for already. */
  #opening: Walking['first'] | undefined;
  /** True if members came, went or moved in the round. */
  #moved = false;
  /** True if the API refused to give the rest of the list. */
  #cut = false;
  /** True until all pages were read once. */
  readonly #first: boolean;

  constructor({ first, ...others }: Walking, known: KnownList) {
    this.#o = others;
    this.#opening = first;
    this.#first = !known.whole || known.pages.length === 0;
    this.#list = known;
    this.#known = union(known);
  }

  async *read(): AsyncGenerator<Piece> {
    const { reading, rule, due } = this.#o;
    let end = this.#list.whole ? this.#list.pages.length : undefined;
    for (let round = 1; ; round++) {
      const settled = yield* this.#round(due || round > 1, end);
      if (settled) return yield this.#piece([]);
      const stable = !this.#moved || this.#list.pages.length <= 1 || rule.days !== undefined;
      if (stable || round === MOST_ROUNDS) {
        const gone = stable && !this.#cut ? await this.#gone() : [];
        this.#list = { ...this.#list, checked: stable ? reading.world.clock.now() : 0, whole: true };
        return yield this.#piece(reading.write(gone));
      }
      end = this.#list.pages.length;
    }
  }

  /**
   * Reads pages to the last one, or (unless all are due) to one that holds nothing new: then it gives true. `end`: the number of pages there
   * were when all were read.
   */
  async *#round(due: boolean, end: number | undefined): AsyncGenerator<Piece, boolean> {
    const before = this.#list;
    const pages: KnownPage[] = [];
    const missing = new Missing(before);
    let aged = false;
    this.#moved = false;
    for (let number = 1; ; number++) {
      const old = before.pages[number - 1];
      const page = await this.#page(number, old, end);
      aged ||= page.aged;
      // What is too old is not remembered, nor is an empty page after a full one.
      if ((page.known.seen.size > 0 && !aged) || number === 1) pages.push(page.known);
      if (!sameIds(old?.seen ?? new Map(), page.known.seen)) this.#moved = true;
      const now = page.last ? pages : [...pages, ...before.pages.slice(number)];
      missing.passed(number, page.known, page.last);
      const rest = this.#o.rule.deleted === undefined ? NOBODY : missing.rest;
      const settled = !due && page.batches.length === 0 && (rest.size === 0 || missing.isShift(number));
      this.#list = { ...before, pages: now, rest: new Map(rest), whole: settled };
      if (settled) return true;
      yield this.#piece(page.batches);
      if (page.last) return false;
    }
  }

  /** Reads a page. Apart from the walk, which would hold on to the answer until it has the next one. */
  async #page(number: number, old: KnownPage | undefined, end: number | undefined): Promise<ReadPage> {
    const opening = this.#opening;
    this.#opening = undefined;
    const answer = opening ?? (await this.#ask(number, old?.etag));
    return answer === 'unchanged' ? unchanged(old!, number === end) : this.#read(answer);
  }

  async #ask(number: number, etag: string | undefined): Promise<Page | 'unchanged'> {
    const { reading, url } = this.#o;
    try {
      return (await reading.page(url(number), { etag })) ?? 'unchanged';
    } catch (error) {
      if (!(error instanceof Refused) || error.refusal.status !== 422 || number === 1) throw error;
      if (!this.#cut) reading.skip(error.refusal);
      this.#cut = true;
      return {
        kind: 'page',
        body: [],
        exact: false,
        etag: undefined,
        next: undefined,
        last: undefined,
        time: reading.world.clock.now(),
      };
    }
  }

  async #read(page: Page): Promise<ReadPage> {
    const { reading, rule } = this.#o;
    const { stream, world, startDate = '' } = reading;
    const identity = await reading.identity();
    const window = rule.days === undefined ? '' : new Date(world.clock.now() - rule.days * 24 * HOUR).toISOString();
    const seen = new Map<string, string>();
    const rows: Row[] = [];
    let aged = rule.days !== undefined;
    let past = rule.days !== undefined;
    for (const item of itemsOf(stream, page.body, rule.member)) {
      for (const { id, row } of rule.records(item, identity)) {
        const at = rule.time?.(row) ?? '~';
        const known = this.#known.get(id);
        const early = at < startDate || (at < window && !this.#first && known === undefined);
        const hash = early ? NOT_SENT : rule.fingerprint.of(row);
        if (!early && known !== hash) rows.push(row);
        this.#known.set(id, hash);
        seen.set(id, hash);
        aged &&= at < window;
        past &&= at < startDate || (at < window && !this.#first);
      }
    }
    const last = page.next === undefined || (past && seen.size > 0);
    return { known: new KnownPage(page.etag, seen), batches: reading.write(rows), last, aged };
  }

  /** The records of what is no more. What was never sent need not be told. */
  async #gone(): Promise<Row[]> {
    const { reading, rule } = this.#o;
    const { deleted } = rule;
    const ids = [...this.#list.rest].filter(([, hash]) => hash !== NOT_SENT).map(([id]) => id);
    const { stream, name: repository, request } = reading;
    const facts = { stream, repository, count: ids.length };
    if (deleted !== undefined && !(await this.#areGone(ids, deleted))) {
      reading.log.warn('Records are missing in a list and are there all the same: none is taken for deleted', facts);
      return [];
    }
    this.#list = { ...this.#list, rest: new Map() };
    if (deleted === undefined || ids.length === 0) return [];
    const told = request.columns.includes(DELETED_AT);
    reading.log.info(
      told ? 'Deleted records are marked' : 'Records were deleted; _sdc_deleted_at is not selected, so nothing tells of it',
      facts,
    );
    if (!told) return [];
    const identity = await reading.identity();
    const now = new Date(reading.world.clock.now()).toISOString();
    return ids.map((id) => ({ ...deleted.row(id, identity), [DELETED_AT]: now }));
  }

  /** A list may be wrong for a moment. So the server must say of some that they are not there. */
  async #areGone(ids: readonly string[], deleted: DeletionRule): Promise<boolean> {
    const { reading } = this.#o;
    for (const id of ids.slice(0, MOST_CONFIRMED)) {
      const answer = await reading.get(reading.url(deleted.path(id)));
      if (answer.kind !== 'refused' || ![404, 410].includes(answer.refusal.status)) return false;
    }
    return true;
  }

  #piece(batches: readonly Batch[]): Piece {
    const { reading, id, rule } = this.#o;
    return reading.pieceOf(batches, id, listState(this.#list, rule.fingerprint.basis));
  }
}

const NOBODY: Seen = new Map();

/** Members that were on pages which were read anew, or on none, and were not met again. */
class Missing {
  readonly #before: KnownList;
  /** The last page that each member was on. */
  readonly #places = new Map<string, number>();
  readonly #met = new Set<string>();
  readonly rest: Map<string, string>;

  constructor(before: KnownList) {
    this.#before = before;
    this.rest = new Map(before.rest);
    for (const [index, { seen }] of before.pages.entries()) for (const id of seen.keys()) this.#places.set(id, index + 1);
  }

  /**
   * True if all that is missing since the page was read is what its last members were: new ones before them have pushed them on to
   * a page that is not read this time.
   */
  isShift(number: number): boolean {
    const { pages, rest } = this.#before;
    const tail = [...(pages[number - 1]?.seen.keys() ?? [])].toReversed();
    const stays = tail.findIndex((id) => !this.rest.has(id));
    const pushed = new Set(stays === -1 ? [] : tail.slice(0, stays));
    return [...this.rest.keys()].every((id) => rest.has(id) || pushed.has(id));
  }

  /** A page was read; `last`: there are no more. */
  passed(number: number, page: KnownPage, last: boolean): void {
    for (const id of page.seen.keys()) {
      this.#met.add(id);
      this.rest.delete(id);
    }
    const { pages } = this.#before;
    for (let passed = number; passed <= (last ? pages.length : Math.min(number, pages.length)); passed++) {
      for (const [id, hash] of pages[passed - 1]!.seen) {
        if (this.#places.get(id) === passed && !this.#met.has(id)) this.rest.set(id, hash);
      }
    }
  }
}

function unchanged(known: KnownPage, last: boolean): ReadPage {
  return { known, batches: [], last, aged: false };
}

function sameIds(a: Seen, b: Seen): boolean {
  return a.size === b.size && [...a.keys()].every((id) => b.has(id));
}
