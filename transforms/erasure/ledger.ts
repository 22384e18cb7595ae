import { isJsonObject, type Json, type JsonObject } from '../../singer/index.ts';
import { isEmail, subjectOf } from '../../privacy/subject.ts';
import { canonicalOf } from '../canonical.ts';
import { changeLines, readLines } from './ledger-file.ts';

/** HMAC-SHA256 of a text for a purpose. */
export type Hmac = (domain: string, text: string) => Buffer;

/** A request to erase a person: what it names by, hashed, and what was done for it. */
interface Entry {
  readonly request: string;
  /** When it was first seen: ISO. */
  readonly at: string;
  /** By field of the request: hashes of the values that name the person. */
  readonly subjects: Map<string, Set<string>>;
  /** Records erased for it by the last run that met some, by stream. */
  erased: Map<string, number>;
  last: string | undefined;
}

/** What a record says of the person whom it is about: fields of requests, and the values. */
export type Names = readonly (readonly [field: string, value: Json | undefined])[];

const DIGITS = 32;

/**
 * The people who have asked to be erased. Knows hashes alone: of ids and e-mail addresses, made with a key that is not in it. With a file it
 * lasts from run to run, so that records which come late, or again, are erased again.
 */
export class Ledger {
  readonly #hmac: Hmac;
  readonly #path: string | undefined;
  /** Tells a ledger of another key. */
  readonly #mark: string;
  readonly #entries = new Map<string, Entry>();
  readonly #bySubject = new Map<string, Entry>();
  /** Entries that are new, or know more, since they were saved. */
  readonly #changed = new Set<Entry>();
  /** Entries for which this run has erased something. */
  readonly #met = new Set<Entry>();
  readonly #requested = new Set<Entry>();
  /** The fields by which requests name people. */
  readonly #fields = new Set<string>();

  constructor(hmac: Hmac, path: string | undefined) {
    this.#hmac = hmac;
    this.#path = path;
    this.#mark = this.#hash('ledger', '');
  }

  /** Reads the file. Gives what is wrong with it. */
  load(): string | undefined {
    if (this.#path === undefined) return undefined;
    try {
      for (const [index, line] of readLines(this.#path).entries()) {
        const problem = this.#add(line);
        if (problem !== undefined) return `line ${index + 1} of the ledger ${this.#path} ${problem}`;
      }
      this.#changed.clear();
      return undefined;
    } catch (error) {
      return `the ledger ${this.#path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    }
  }

  /** Requests name people by these fields, too. */
  namedBy(fields: Iterable<string>): void {
    for (const field of fields) this.#fields.add(field);
  }

  get fields(): readonly string[] {
    return [...this.#fields];
  }

  /** Takes a request. One that names nobody is nothing. */
  request(names: Names): void {
    const subjects = names
      .flatMap(([field, value]) => this.#subjectOf(field, value) ?? [])
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    if (subjects.length === 0) return;
    const request = this.#hash('request', subjects.map(({ key }) => key).join(' '));
    let entry = this.#entries.get(request);
    if (entry === undefined) {
      entry = { request, at: new Date().toISOString(), subjects: new Map(), erased: new Map(), last: undefined };
      this.#entries.set(request, entry);
      this.#changed.add(entry);
    }
    this.#requested.add(entry);
    for (const { field, hash } of subjects) this.#learn(entry, field, hash);
  }

  /**
   * True if the person asked to be erased; it is counted then. Who asked by an e-mail address alone is known by the other names of the
   * record from then on.
   */
  asks(names: Names, stream: string): boolean {
    if (this.#entries.size === 0) return false;
    let entry: Entry | undefined;
    let byEmail = false;
    for (const [field, value] of names) {
      const subject = this.#subjectOf(field, value);
      const found = subject === undefined ? undefined : this.#bySubject.get(subject.key);
      if (found === undefined) continue;
      entry ??= found;
      byEmail ||= subject!.isEmail;
    }
    if (entry === undefined) return false;
    if (byEmail) {
      for (const [field, value] of names) {
        const subject = this.#subjectOf(field, value);
        // An address that two people share must not make the one's request the other's.
        if (subject !== undefined && !subject.isEmail) this.#learn(entry, field, subject.hash);
      }
    }
    if (!this.#met.has(entry)) entry.erased = new Map();
    this.#met.add(entry);
    entry.erased.set(stream, (entry.erased.get(stream) ?? 0) + 1);
    return true;
  }

  /** Saves what is new, so that what was sent on because of it may leave. Throws SystemError. */
  async save(): Promise<void> {
    if (this.#changed.size === 0) return;
    await this.#write([...this.#changed]);
  }

  /** Saves what was done, too. Throws SystemError. */
  async finish(): Promise<void> {
    const at = new Date().toISOString();
    for (const entry of this.#met) entry.last = at;
    const changed = [...new Set([...this.#changed, ...this.#met])];
    if (changed.length > 0) await this.#write(changed);
  }

  /** Requests of this run, and how many of them have met no record. */
  counts(): { readonly requests: number; readonly pending: number; readonly known: number } {
    const pending = [...this.#requested].filter(({ erased }) => erased.size === 0).length;
    return { requests: this.#requested.size, pending, known: this.#entries.size };
  }

  /** What could not be written counts as changed still: it is not sent on the next occasion either. */
  async #write(changed: readonly Entry[]): Promise<void> {
    if (this.#path !== undefined) await this.#writeTo(this.#path, changed);
    this.#changed.clear();
  }

  async #writeTo(path: string, changed: readonly Entry[]): Promise<void> {
    await changeLines(path, (lines) => {
      // Another run may have added some.
      for (const line of lines) this.#add(line);
      const own = new Set(changed.map(({ request }) => request));
      const kept = lines.filter((line) => !own.has(requestIn(line)));
      return [...kept, ...changed.map((entry) => this.#lineOf(entry))];
    });
  }

  /** Takes a line of the file. Gives what is wrong with it. */
  #add(line: string): string | undefined {
    const value = parsed(line);
    const { at, erased, key, last, request, subjects } = value ?? {};
    if (typeof request !== 'string' || typeof at !== 'string' || !isJsonObject(subjects)) return 'is not one of a ledger';
    if (key !== this.#mark) return 'was written with another key: with this one nobody in it would be known again';
    let entry = this.#entries.get(request);
    if (entry === undefined) {
      entry = { request, at, subjects: new Map(), erased: countsIn(erased), last: typeof last === 'string' ? last : undefined };
      this.#entries.set(request, entry);
    }
    for (const [field, hashes] of Object.entries(subjects)) {
      for (const hash of Array.isArray(hashes) ? hashes : []) if (typeof hash === 'string') this.#learn(entry, field, hash);
    }
    return undefined;
  }

  #lineOf({ at, erased, last, request, subjects }: Entry): string {
    return JSON.stringify({
      request,
      key: this.#mark,
      at,
      subjects: Object.fromEntries([...subjects].map(([field, hashes]) => [field, [...hashes]])),
      erased: Object.fromEntries(erased),
      ...(last === undefined ? {} : { last }),
    });
  }

  #learn(entry: Entry, field: string, hash: string): void {
    let hashes = entry.subjects.get(field);
    if (hashes === undefined) entry.subjects.set(field, (hashes = new Set()));
    if (!hashes.has(hash)) {
      hashes.add(hash);
      this.#changed.add(entry);
    }
    const key = `${field} ${hash}`;
    if (!this.#bySubject.has(key)) this.#bySubject.set(key, entry);
  }

  #subjectOf(
    field: string,
    value: Json | undefined,
  ): { readonly field: string; readonly hash: string; readonly key: string; readonly isEmail: boolean } | undefined {
    if (value === undefined || value === null || isJsonObject(value)) return undefined;
    const text = subjectOf(canonicalOf(value));
    if (text === '') return undefined;
    const hash = this.#hash(`subject ${field}`, text);
    return { field, hash, key: `${field} ${hash}`, isEmail: isEmail(text) };
  }

  #hash(domain: string, text: string): string {
    return this.#hmac(`erasure ${domain}`, text).toString('hex').slice(0, DIGITS);
  }
}

function parsed(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function requestIn(line: string): string {
  const request = parsed(line)?.['request'];
  return typeof request === 'string' ? request : '';
}

function countsIn(erased: Json | undefined): Map<string, number> {
  const counts = isJsonObject(erased) ? Object.entries(erased) : [];
  return new Map(counts.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
