import { isJsonObject, type JsonSchema } from '../json.ts';

/** How many levels are followed; what is deeper is taken as any JSON. */
const MAX_DEPTH = 40;
/** How many schema objects the result may have: references to references can name more than any memory holds. */
const MAX_NODES = 50_000;

/** Keywords whose value is data, not a schema. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'example']);
/** Keywords whose members are names that the author chose, each with a schema. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependentSchemas',
  'dependencies',
]);
/** What may stand beside a reference and not add to what it asks. */
const BESIDE: ReadonlySet<string> = new Set([
  'title', 'description', 'default', 'examples', 'example', '$comment', 'readOnly', 'writeOnly', 'deprecated', 'selected', 'inclusion', 'nullable',
  'definitions', '$defs', '$schema', '$id', 'id', '$anchor',
]); // prettier-ignore

/**
 * The same schema with every reference inside the document (`$ref` to a JSON pointer, an anchor or an `$id`) replaced by what it
 * points to, and without definitions. A cycle, and a reference that leads nowhere or out of the document, ends in `{}`: any value. Pure.
 */
export function resolveReferences(root: JsonSchema): JsonSchema {
  return new Resolver(root).node(root, [], 0) as JsonSchema;
}

class Resolver {
  readonly #root: JsonSchema;
  #names: ReadonlyMap<string, unknown> | undefined;
  #nodes = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  node(node: unknown, open: readonly string[], depth: number, isMap = false): unknown {
    if (Array.isArray(node)) return node.map((item) => this.node(item, open, depth + 1));
    if (!isJsonObject(node)) return node;
    // Of a map only the schemas are cut: beside additionalProperties, names that are gone would be forbidden.
    if (!isMap && (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES)) return {};
    const reference = node['$ref'];
    if (isMap || typeof reference !== 'string') return this.#members(node, open, depth, isMap);
    const { $ref: _, ...siblings } = node;
    const target = open.includes(reference) ? undefined : this.#target(reference);
    const found = target === undefined ? {} : this.node(target, [...open, reference], depth + 1);
    const around = this.#members(siblings, open, depth, false);
    if (!isJsonObject(found))
      return Object.keys(siblings).every((keyword) => BESIDE.has(keyword)) ? found : { ...around, allOf: [found] };
    const clash = Object.keys(around).some((keyword) => Object.hasOwn(found, keyword) && !BESIDE.has(keyword));
    // Older drafts ignore what stands beside a reference, newer ones ask for both.
    return clash ? { ...around, allOf: [found, ...list(around['allOf'])] } : { ...found, ...around };
  }

  #members(node: JsonSchema, open: readonly string[], depth: number, isMap: boolean): JsonSchema {
    // Definitions are of no use once nothing refers to them.
    const kept = Object.entries(node).filter(([name]) => isMap || (name !== 'definitions' && name !== '$defs'));
    return Object.fromEntries(
      kept.map(([name, value]) => [
        name,
        !isMap && DATA.has(name) ? value : this.node(value, open, depth + 1, !isMap && NAMED.has(name)),
      ]),
    );
  }

  /** What a reference points to; undefined for anything outside the document. */
  #target(reference: string): unknown {
    const hash = reference.indexOf('#');
    const document = hash < 0 ? reference : reference.slice(0, hash);
    const fragment = hash < 0 ? '' : reference.slice(hash + 1);
    const base =
      document === '' || document === this.#root['$id'] || document === this.#root['id'] ? this.#root : this.#named(document);
    if (fragment === '') return base;
    return fragment.startsWith('/') ? pointed(base, fragment) : this.#named(`#${fragment}`);
  }

  #named(name: string): unknown {
    this.#names ??= namesIn(this.#root);
    return this.#names.get(name);
  }
}

/** Every schema that has a name of its own, by that name: `$id`, `id` of draft 4, and `#` with an anchor. */
function namesIn(root: JsonSchema): Map<string, unknown> {
  const names = new Map<string, unknown>();
  const visit = (node: unknown, depth: number, isMap: boolean): void => {
    if (depth > MAX_DEPTH) return;
    if (Array.isArray(node)) for (const item of node) visit(item, depth + 1, false);
    if (!isJsonObject(node)) return;
    if (!isMap) {
      for (const name of [node['$id'], node['id'], anchor(node['$anchor'])]) if (typeof name === 'string') names.set(name, node);
    }
    for (const [name, value] of Object.entries(node))
      if (isMap || !DATA.has(name)) visit(value, depth + 1, !isMap && NAMED.has(name));
  };
  visit(root, 0, false);
  return names;
}

function anchor(name: unknown): string | undefined {
  return typeof name === 'string' ? `#${name}` : undefined;
}

/** What a JSON pointer (`/definitions/x`) points to. */
function pointed(base: unknown, pointer: string): unknown {
  let node = base;
  for (const part of pointer.slice(1).split('/')) {
    const name = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(node)) node = node[Number(name)];
    else if (isJsonObject(node) && Object.hasOwn(node, name)) node = node[name];
    else return undefined;
  }
  return node;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A percent sign that is none of an escape stands for itself.
    return part;
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
