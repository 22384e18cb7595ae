import type { Json, JsonObject, JsonSchema } from '../../../singer/tap/index.ts';
import { ExactNumber } from '../../../singer/tap/index.ts';

/** What a JSON value is. A whole number is an integer if it is written as one. */
export type JsonKind = (typeof KINDS)[number];

const KINDS = ['boolean', 'integer', 'number', 'string', 'array', 'object'] as const;

/** The kind of a value; undefined for null. */
export function kindOf(value: Json): JsonKind | undefined {
  if (value === null) return undefined;
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'string' | 'object';
}

/** The kinds that one property may have, null aside. */
export type Kinds = ReadonlySet<JsonKind>;

/** True if a value of this kind is valid where these kinds are. */
export function fits(kinds: Kinds, kind: JsonKind | undefined): boolean {
  return kind === undefined || kinds.has(kind) || (kind === 'integer' && kinds.has('number'));
}

/** Gathers what the properties of a stream's records are. */
export class RecordTypes {
  readonly #kinds = new Map<string, Set<JsonKind>>();
  /** Records so far. */
  records = 0;

  add(record: JsonObject): void {
    this.records++;
    for (const [name, value] of Object.entries(record)) {
      let kinds = this.#kinds.get(name);
      if (kinds === undefined) this.#kinds.set(name, (kinds = new Set()));
      const kind = kindOf(value ?? null);
      if (kind !== undefined) kinds.add(kind);
    }
  }

  /** Kinds by property, in the order in which they came. One that was always null is taken for text. */
  end(): Map<string, Kinds> {
    return new Map([...this.#kinds].map(([name, kinds]) => [name, joined(kinds)]));
  }
}

function joined(kinds: ReadonlySet<JsonKind>): Kinds {
  if (kinds.size === 0) return new Set<JsonKind>(['string']);
  return kinds.has('number') ? new Set([...kinds].filter((kind) => kind !== 'integer')) : kinds;
}

/** The kinds that a property of a catalog announces; undefined if it says more than kinds, or none. */
export function kindsOfSchema({ type, format }: JsonSchema): Kinds | undefined {
  const names: unknown[] = Array.isArray(type) ? type : [type];
  const kinds = KINDS.filter((kind) => names.includes(kind));
  return kinds.length === 0 || format !== undefined ? undefined : new Set(kinds);
}

/** How a property is announced. What is inside objects and lists is left open. */
export function schemaOfKinds(kinds: Kinds): JsonSchema {
  return { type: ['null', ...kinds] };
}
