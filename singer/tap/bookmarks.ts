import { ConfigError } from '../errors.ts';
import { stringifyExact } from '../json-text.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Log } from '../log.ts';

/**
 * A tap's state: `{"bookmarks": {stream id: {…}}, "currently_syncing": stream id}`. Everything it was given and does not
 * own (other streams, other members) is carried along untouched, numbers exact.
 */
export class Bookmarks {
  /** Members besides the two below, in their order, as text. */
  readonly #others: ReadonlyMap<string, string>;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #texts: Map<string, string>;
  #currentlySyncing: string | undefined;
  readonly #log: Log;

  /**
   * `value` is what `--state` held: nothing, a state, a whole STATE message, or Meltano's `{"singer_state": …}`.
   * Throws ConfigError when it is not a JSON object.
   */
  constructor(value: unknown, log: Log) {
    const state = unwrap(value);
    const { bookmarks, currently_syncing: syncing, ...others } = state;
    if (bookmarks !== undefined && bookmarks !== null && !isJsonObject(bookmarks)) {
      log.warn('The state has bookmarks that are not an object; every stream starts anew');
    }
    if (bookmarks === undefined && Object.keys(others).length > 0) {
      log.warn('The state has no bookmarks; every stream starts anew', { members: Object.keys(others) });
    }
    this.#log = log;
    this.#given = isJsonObject(bookmarks) ? bookmarks : {};
    this.#texts = textsOf(this.#given);
    this.#others = textsOf(others);
    this.#currentlySyncing = typeof syncing === 'string' ? syncing : undefined;
  }

  /** The stream that an earlier run was in the midst of, or the one this run is in. */
  get currentlySyncing(): string | undefined {
    return this.#currentlySyncing;
  }

  set currentlySyncing(id: string | undefined) {
    this.#currentlySyncing = id;
  }

  /**
   * The bookmark of a stream as it was given, under its id or else under the first of its former ones that has one. One of a wrong shape is
   * told, and that stream starts anew.
   */
  given(id: string, formerIds: readonly string[] = []): JsonObject | undefined {
    const found = [id, ...formerIds].find((name) => Object.hasOwn(this.#given, name));
    const bookmark = found === undefined ? undefined : this.#given[found];
    if (isJsonObject(bookmark)) return bookmark;
    if (bookmark !== undefined && bookmark !== null) {
      this.#log.warn('The bookmark of a stream is not an object; the stream starts anew', { stream: id });
    }
    return undefined;
  }

  /** True if the state has something of the stream. */
  has(id: string): boolean {
    return this.#texts.has(id);
  }

  set(id: string, bookmark: JsonObject): void {
    this.#texts.set(id, stringifyExact(bookmark));
  }

  /** The STATE value as compact JSON text. */
  text(): string {
    const members = [...this.#others];
    members.push(['bookmarks', objectText(this.#texts)]);
    if (this.#currentlySyncing !== undefined) members.push(['currently_syncing', JSON.stringify(this.#currentlySyncing)]);
    return objectText(members);
  }
}

function unwrap(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null || value === '') return {};
  if (!isJsonObject(value)) {
    throw new ConfigError([{ path: '--state', message: 'must hold a JSON object' }], {
      code: 'state',
      hint: 'Pass the last line that a target printed, or leave --state out to start anew.',
    });
  }
  const { type } = value;
  if (typeof type === 'string' && type.toUpperCase() === 'STATE' && 'value' in value) return unwrap(value['value']);
  const wrapped = Object.keys(value).length === 1 && 'singer_state' in value;
  return wrapped ? unwrap(value['singer_state']) : value;
}

function textsOf(members: Readonly<Record<string, unknown>>): Map<string, string> {
  return new Map(Object.entries(members).map(([name, value]) => [name, stringifyExact(value as Json)]));
}

function objectText(members: Iterable<readonly [string, string]>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}
