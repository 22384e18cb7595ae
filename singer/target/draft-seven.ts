import { orNull } from './simple-schema.ts';

/** Keywords whose value is data. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);
/** Keywords whose members are names, each with a schema. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies']);
/**
 * Left out: names that a validator would look up, what floating point cannot check (`multipleOf`), and what has been read already.
 */
const DROPPED: ReadonlySet<string> = new Set([
  '$schema', 'id', '$id', '$anchor', 'multipleOf', 'nullable', 'prefixItems', 'dependentRequired', 'dependentSchemas',
]); // prettier-ignore

/**
 * A schema of any draft (4 to 2020-12, OpenAPI's `nullable` too) in the words of draft 7, which is what the validator reads. What
 * cannot be said there is left out, so that records are let pass rather than refused for no reason. Pure.
 */
export function draftSeven(node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => draftSeven(item));
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as Readonly<Record<string, unknown>>;
  const out = new Map<string, unknown>();
  for (const [keyword, value] of Object.entries(schema)) {
    if (DROPPED.has(keyword)) continue;
    const translate = Object.hasOwn(TRANSLATED, keyword) ? TRANSLATED[keyword]! : plainly;
    const translated = translate(value, schema, keyword);
    if (translated !== undefined) out.set(keyword, translated);
  }
  tuples(schema, out);
  dependencies(schema, out);
  alternatives(out);
  const whole = Object.fromEntries(out);
  return schema['nullable'] === true ? orNull(whole) : whole;
}

type Translate = (value: unknown, schema: Readonly<Record<string, unknown>>, keyword: string) => unknown;

function plainly(value: unknown, _: unknown, keyword: string): unknown {
  if (DATA.has(keyword)) return value;
  if (!NAMED.has(keyword) || typeof value !== 'object' || value === null) return draftSeven(value);
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, draftSeven(below)]));
}

/** A bound of draft 4 says `true` and stands beside its number. */
function exclusive(bound: 'minimum' | 'maximum'): Translate {
  return (value, schema) => (typeof value === 'boolean' ? (value ? schema[bound] : undefined) : value);
}

const TRANSLATED: Readonly<Record<string, Translate>> = {
  // Draft 3 had a boolean here.
  required: (value) => (Array.isArray(value) ? value : undefined),
  // A pattern in another language's syntax cannot be checked here.
  pattern: (value) => (isPattern(value) ? value : undefined),
  patternProperties: (value, _, keyword) =>
    plainly(Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => isPattern(name))), undefined, keyword),
  exclusiveMinimum: exclusive('minimum'),
  exclusiveMaximum: exclusive('maximum'),
};

/** `prefixItems` with `items` for the rest was `items` with `additionalItems`. */
function tuples(schema: Readonly<Record<string, unknown>>, out: Map<string, unknown>): void {
  if (!Array.isArray(schema['prefixItems'])) return;
  if (out.has('items')) out.set('additionalItems', out.get('items'));
  out.set('items', draftSeven(schema['prefixItems']));
}

/** `dependentRequired` and `dependentSchemas` were one keyword. */
function dependencies(schema: Readonly<Record<string, unknown>>, out: Map<string, unknown>): void {
  const named = { ...(schema['dependentRequired'] as object | undefined), ...(schema['dependentSchemas'] as object | undefined) };
  if (Object.keys(named).length > 0)
    out.set('dependencies', { ...(out.get('dependencies') as object), ...(plainly(named, undefined, 'dependencies') as object) });
}

/**
 * `oneOf` is asked as `anyOf`: that no second branch matches cannot be told by checks that are lenient. A date would match
 * `date-time` too, 5 both `integer` and `number`, null each branch that is `nullable`.
 */
function alternatives(out: Map<string, unknown>): void {
  const branches = out.get('oneOf');
  if (!Array.isArray(branches)) return;
  out.delete('oneOf');
  const all = out.get('allOf');
  if (out.has('anyOf')) out.set('allOf', [...(Array.isArray(all) ? (all as unknown[]) : []), { anyOf: branches }]);
  else out.set('anyOf', branches);
}

/** Begin and end of a text in the syntax of Python and others; here they would be letters. */
const FOREIGN = /(?<!\\)(?:\\\\)*\\[AZz]/;

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && !FOREIGN.test(value) && new RegExp(value) instanceof RegExp;
  } catch {
    // Not one: the caller leaves it out.
    return false;
  }
}
