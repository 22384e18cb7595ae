import { isJsonObject, type Json, type JsonObject } from '../../../singer/tap/index.ts';
import { pack, type Seen, unpack } from '../state/packed.ts';

/** A page of a list as it was last: its ETag and its members. Packed and unpacked once at most, and only when somebody asks. */
export class KnownPage {
  readonly etag: string | undefined;
  #packed: string | undefined;
  #seen: Seen | undefined;

  constructor(etag: string | undefined, seen: Seen | string) {
    this.etag = etag;
    if (typeof seen === 'string') this.#packed = seen;
    else this.#seen = seen;
  }

  get seen(): Seen {
    this.#seen ??= unpack(this.#packed!) ?? new Map<string, string>();
    return this.#seen;
  }

  get packed(): string {
    this.#packed ??= pack(this.#seen!);
    return this.#packed;
  }
}

/** What is known of a list: the pages read so far, and what the fingerprints in it stand for. */
export interface KnownList {
  readonly pages: readonly KnownPage[];
  /** Members that were on a page once and on none when the pages were last read; not known to be deleted. */
  readonly rest: Seen;
  /** When all pages were last looked through, in milliseconds since 1970; 0 = never. */
  readonly checked: number;
  /** False if a reading stopped before the last page. */
  readonly whole: boolean;
}

const NOTHING: KnownList = { pages: [], rest: new Map(), checked: 0, whole: false };

/** Reads the state of a list. ETags count only if they stand for the same fields as now. */
export function knownList(state: JsonObject, basis: string): KnownList {
  const { pages, rest, checked, whole } = state;
  if (!Array.isArray(pages)) return NOTHING;
  const same = state['basis'] === basis;
  return {
    pages: (pages as readonly Json[]).map((page) => {
      const { etag, seen } = isJsonObject(page) ? page : {};
      return new KnownPage(same && typeof etag === 'string' ? etag : undefined, typeof seen === 'string' ? seen : '');
    }),
    rest: (typeof rest === 'string' ? unpack(rest) : undefined) ?? new Map<string, string>(),
    checked: typeof checked === 'string' ? Date.parse(checked) || 0 : 0,
    whole: whole !== false,
  };
}

export function listState({ pages, rest, checked, whole }: KnownList, basis: string): JsonObject {
  return {
    basis,
    pages: pages.map(({ etag, packed }) => ({ ...(etag !== undefined && { etag }), seen: packed })),
    ...(rest.size > 0 && { rest: pack(rest) }),
    ...(checked > 0 && { checked: new Date(checked).toISOString() }),
    ...(!whole && { whole }),
  };
}

/** All members; what is on two pages counts as on the earlier one. */
export function union({ pages, rest }: KnownList): Map<string, string> {
  const all = new Map(rest);
  for (const { seen } of pages.toReversed()) for (const [id, hash] of seen) all.set(id, hash);
  return all;
}
