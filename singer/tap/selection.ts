import type { JsonObject, JsonSchema } from '../json.ts';
import { childrenOf, type Cut, cutSchema } from './schema-tree.ts';

/** Metadata by breadcrumb, under the key that `breadcrumbKey` gives. */
export type MetadataMap = ReadonlyMap<string, JsonObject>;

/** One text per breadcrumb, without doubt: property names may hold dots, slashes and the word `properties`. */
export function breadcrumbKey(breadcrumb: readonly string[]): string {
  return JSON.stringify(breadcrumb);
}

export interface Selection {
  /** The schema with the selected properties only. */
  readonly schema: JsonSchema;
  /** Selected top-level properties in schema order, each with what remains of its value (undefined = all). */
  readonly columns: ReadonlyMap<string, Cut | undefined>;
  /** Choices that contradict each other, as sentences, and how they were understood. */
  readonly notes: readonly string[];
}

/**
 * Decides which properties are emitted, to full depth. `always` names top-level properties that are in use as keys.
 *
 * A property that is unsupported is never emitted, an automatic one whenever its parent is; otherwise `selected` decides, then
 * `selected-by-default`, then its parent. A selected property inside an object pulls that object in. Meltano writes
 * `select: [s.addr]` as an object selected with each of its properties deselected: such an object is emitted whole. One that is
 * selected only by default is left out then.
 */
export function selectProperties(schema: JsonSchema, metadata: MetadataMap, always: ReadonlySet<string>): Selection {
  const notes: string[] = [];
  const root = below({ metadata, always, notes, all: false }, [schema], [], true);
  const names =
    root.cut?.fields ?? new Map([...childrenOf([schema]).properties.keys()].map((name) => [name, undefined] as const));
  return { schema: cutSchema(schema, root.cut), columns: names, notes };
}

interface Rules {
  readonly metadata: MetadataMap;
  readonly always: ReadonlySet<string>;
  readonly notes: string[];
  /** Ignore the user's choices: everything but the unsupported. */
  readonly all: boolean;
}

/** What the properties below one place come to. */
interface Below {
  readonly cut: Cut | undefined;
  /** Properties that are supported. */
  readonly count: number;
  /** Properties that are emitted. */
  readonly kept: number;
  /** Properties that were selected by name, here or deeper. */
  readonly asked: number;
  /** Properties that were deselected by name. */
  readonly refused: number;
}

function below(rules: Rules, schemas: readonly JsonSchema[], breadcrumb: readonly string[], parent: boolean): Below {
  const { properties, items } = childrenOf(schemas);
  const inItems = items.length === 0 ? NOTHING : below(rules, items, [...breadcrumb, 'items'], parent);
  const answers = [...properties].map(
    ([name, schemas]) => [name, property(rules, schemas, [...breadcrumb, 'properties', name], parent)] as const,
  );
  const supported = answers.map(([, answer]) => answer).filter((answer) => !answer.unsupported);
  const fields = new Map(answers.filter(([, answer]) => answer.emitted).map(([name, answer]) => [name, answer.cut]));
  const partial = answers.some(([, answer]) => !answer.emitted || answer.cut !== undefined);
  const cut: Cut = { ...(partial && { fields }), ...(inItems.cut && { items: inItems.cut }) };
  return {
    cut: partial || inItems.cut !== undefined ? cut : undefined,
    count: supported.length + inItems.count,
    kept: supported.filter((answer) => answer.emitted).length + inItems.kept,
    asked: supported.filter((answer) => answer.asked).length + inItems.asked,
    refused: supported.filter((answer) => answer.refused).length + inItems.refused,
  };
}

const NOTHING: Below = { cut: undefined, count: 0, kept: 0, asked: 0, refused: 0 };

interface Answer {
  readonly emitted: boolean;
  readonly cut: Cut | undefined;
  readonly unsupported: boolean;
  readonly asked: boolean;
  readonly refused: boolean;
}

function property(rules: Rules, schemas: readonly JsonSchema[], breadcrumb: readonly string[], parent: boolean): Answer {
  const choice = choiceOf(rules.metadata, schemas, breadcrumb);
  if (choice.inclusion === 'unsupported') {
    return { emitted: false, cut: undefined, unsupported: true, asked: false, refused: false };
  }
  const inUse = choice.inclusion === 'automatic' || (breadcrumb.length === 2 && rules.always.has(breadcrumb[1]!));
  const selected = rules.all ? undefined : choice.selected;
  const byDefault = rules.all ? undefined : choice.selectedByDefault;
  const own = inUse || (selected ?? (parent && (byDefault ?? true)));
  const inside = below(rules, schemas, breadcrumb, own);
  if (own) {
    const nothing = inside.count > 0 && inside.refused === inside.count;
    const whole = nothing && (inUse || selected === true);
    if (nothing && !whole) return { emitted: false, cut: undefined, unsupported: false, asked: false, refused: false };
    if (whole) {
      rules.notes.push(`${breadcrumbKey(breadcrumb)} is selected and all of its properties are deselected: it is emitted whole`);
    }
    const cut = whole ? below({ ...rules, all: true }, schemas, breadcrumb, true).cut : inside.cut;
    return { emitted: true, cut, unsupported: false, asked: selected === true || inside.asked > 0, refused: false };
  }
  // Before version 4 Meltano wrote `select: [s.addr.city]` as addr false, addr.city true, its siblings false; `select: ['*.*', '!s.addr']`
  // gives addr false and all inside true, and then addr must stay out.
  const emitted = inside.asked > 0 && (selected !== false || inside.refused > 0);
  if (emitted && selected === false) {
    rules.notes.push(
      `${breadcrumbKey(breadcrumb)} is deselected but some of its properties are selected: only these are emitted`,
    );
  }
  return { emitted, cut: inside.cut, unsupported: false, asked: emitted, refused: selected === false && !emitted };
}

interface Choice {
  readonly inclusion: unknown;
  readonly selected: boolean | undefined;
  readonly selectedByDefault: boolean | undefined;
}

/** What was said at one breadcrumb; old catalogs say it inside the schema, which counts where the metadata is silent. */
export function choiceOf(metadata: MetadataMap, schemas: readonly JsonSchema[], breadcrumb: readonly string[]): Choice {
  const entry = metadata.get(breadcrumbKey(breadcrumb));
  const legacy = (keyword: string): unknown => schemas.find((schema) => schema[keyword] !== undefined)?.[keyword];
  return {
    inclusion: entry?.['inclusion'] ?? legacy('inclusion'),
    selected: truth(entry?.['selected']) ?? truth(legacy('selected')),
    selectedByDefault: truth(entry?.['selected-by-default']),
  };
}

function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
