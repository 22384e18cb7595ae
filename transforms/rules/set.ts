import { isJsonObject, type Json, type JsonObject, type JsonSchema, nearest } from '../../singer/index.ts';
import { checkConfig } from '../../singer/mapper/index.ts';
import { type Assignment, assignment } from '../assignment.ts';
import { derivations } from '../derivations/index.ts';
import { within } from '../context.ts';
import { openShape, propertiesOf, requiredOf, withProperty } from '../engine/shape.ts';
import { compileExpression, type Other, type Scope } from '../expression/index.ts';
import { checkedType, SET_TYPES } from '../set-types.ts';
import { ON_ERROR, type OnError } from '../fault.ts';
import type { Privacy } from '../operation.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';
import rawValuesRule, { rawProperty, rawValuesOf } from './raw-values.ts';

/** What an entry may say beside what it is made of. */
const MARKS = {
  type: {
    type: 'string',
    options: Object.keys(SET_TYPES),
    description: 'What the value is, where the expression does not tell. Values that are something else are faults.',
  },
  public: {
    type: 'boolean',
    description: 'The new field is not personal, although it is made of a value as it was before it was hidden.',
  },
  on_error: {
    type: 'string',
    options: ON_ERROR,
    description: 'What becomes of a record for which the expression fails. `quarantine` unless set.',
  },
} as const;

/** What a field can be made by. */
const WAYS: readonly string[] = ['expr', ...derivations.names];

/** One new property. */
interface Made {
  readonly assignment: Assignment;
  readonly privacy: Privacy | undefined;
  readonly hides: boolean;
  readonly isPersonal: boolean;
  readonly mayBeAbsent: boolean;
}

export default defineRule({
  name: 'set',
  summary: 'Makes new fields, or new values of fields, by expressions and by named ways.',
  notes: [
    'Each entry sees what the entries before it made. A field may be called by the name that `rename` gives it afterwards. `<name>_raw` is the value of a field as it was before `fields`; a field made of a hidden value is marked `x-personal` in the SCHEMA, unless it says `public: true`.',
    'The schema of a new field follows from the expression; `{ "expr": "...", "type": "integer" }` says it where that cannot be known.',
  ],
  setting: {
    type: 'object',
    description: 'By field: an expression, `{ expr, type, public, on_error }`, or a named way with its parameters.',
    members: { type: ['string', 'object'], description: 'What the field is made of.' },
  },
  before: { fields: rawValuesRule },
  examples: [
    {
      rules: {
        fields: { email: 'redact' },
        set: { domain: { expr: "email_raw.split('@')[-1].lower()", public: true }, total: 'price * count' },
      },
      schema: {
        type: 'object',
        properties: { email: { type: ['string', 'null'] }, price: { type: 'integer' }, count: { type: 'integer' } },
        required: ['price', 'count'],
      },
      input: [{ email: 'ada@Example.com', price: 3, count: 4 }],
      output: [{ email: 'REDACTED', price: 3, count: 4, domain: 'example.com', total: 12 }],
    },
  ],
  check(value, context) {
    const shape = openShape(context.stream);
    for (const [name, given] of Object.entries(isJsonObject(value) ? value : {})) {
      compileEntry(name, given ?? null, { shape, context });
    }
  },
  prepare(value, shape, context) {
    let current = shape;
    const all: Made[] = [];
    for (const [name, given] of Object.entries(isJsonObject(value) ? value : {})) {
      const made = compileEntry(name, given ?? null, { shape: current, context });
      if (made === undefined) continue;
      all.push(made);
      current = withMade(current, made);
    }
    return {
      shape: current,
      // A field that is new here hides nothing that came in.
      hides: all
        .filter(({ assignment, hides }) => hides && Object.hasOwn(propertiesOf(shape), assignment.name))
        .map(({ assignment }) => assignment.name),
      apply(record) {
        for (const { assignment } of all) {
          const value = assignment.compute(record);
          if (value === undefined) record.delete(assignment.name);
          else record.set(assignment.name, value);
        }
        return true;
      },
    };
  },
});

interface At {
  /** As the entries before have left it. */
  readonly shape: Shape;
  readonly context: RuleContext;
}

/** Undefined if something is wrong with it, which was told. */
function compileEntry(name: string, given: Json, { shape, context }: At): Made | undefined {
  const entry = typeof given === 'string' ? { expr: given } : isJsonObject(given) ? given : {};
  const own = within(context, name);
  const marks = checkConfig(MARKS, Object.fromEntries(Object.entries(entry).filter(([key]) => Object.hasOwn(MARKS, key))));
  for (const { path, message } of marks.problems) own.problem(message, path);
  if (marks.problems.length > 0) return undefined;
  const ways = Object.keys(entry).filter((key) => !Object.hasOwn(MARKS, key));
  const [way, ...others] = ways;
  if (way === undefined || others.length > 0) {
    own.problem(`needs one of ${WAYS.join(', ')}${way === undefined ? '' : `, and has ${ways.join(' and ')}`}`);
    return undefined;
  }
  const {
    on_error,
    public: isPublic,
    type,
  } = marks.config as { on_error?: OnError; public?: boolean; type?: keyof typeof SET_TYPES };
  const o: EntryOptions = {
    name,
    isKey: shape.keys.includes(name),
    onError: on_error ?? context.defaults.onError ?? 'quarantine',
    isPublic: isPublic ?? false,
    type,
    problem: (message, path) => own.problem(message, path),
  };
  return way === 'expr' ? byExpression(entry['expr'], { shape, context }, o) : byDerivation(way, entry, { shape, context }, o);
}

interface EntryOptions {
  readonly name: string;
  readonly isKey: boolean;
  readonly onError: OnError;
  readonly isPublic: boolean;
  readonly type: keyof typeof SET_TYPES | undefined;
  problem(message: string, path: string): void;
}

function byExpression(text: Json | undefined, { shape, context }: At, o: EntryOptions): Made | undefined {
  if (typeof text !== 'string') {
    o.problem('must be an expression', 'expr');
    return undefined;
  }
  const { keys, stream, vars } = context;
  const raw = rawValues(shape, context);
  const scope: Scope = {
    shape,
    config: vars,
    stream,
    keys,
    self: o.name,
    other: (name) => raw(name)?.value ?? renamed(name, shape, context),
  };
  const expression = compileExpression(text, scope, (message) => o.problem(message, ''));
  const made: Assignment = { name: o.name, schema: expression.schema, compute: (record) => expression.evaluate(record) };
  const typed = o.type === undefined ? made : checkedType(made, o.type, (message) => o.problem(message, 'type'));
  return {
    assignment: assignment(typed, { isKey: o.isKey, onError: o.onError, what: 'set' }),
    privacy: undefined,
    hides: expression.hides,
    isPersonal:
      !o.isPublic &&
      [...expression.reads].some(
        (name) => raw(name)?.isHidden === true || isPersonal(shape, context.laterNames.get(name) ?? name),
      ),
    mayBeAbsent: expression.mayBeAbsent,
  };
}

function byDerivation(way: string, entry: JsonObject, { shape, context }: At, o: EntryOptions): Made | undefined {
  const derivation = derivations.find(way);
  if (derivation === undefined) {
    const near = nearest(way, WAYS);
    o.problem(`there is no way of this name to make a field${near === undefined ? '' : `; did you mean ${near}?`}`, way);
    return undefined;
  }
  if (o.type !== undefined) o.problem('goes with expr only', 'type');
  const checked = checkConfig({ [way]: derivation.setting }, { [way]: entry[way] });
  const unknown = checked.unknown.map(({ nearest, path }) => ({
    path,
    message: `is not known here${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
  }));
  const problems = [...checked.problems, ...unknown];
  for (const { path, message } of problems) o.problem(message, path);
  if (problems.length > 0) return undefined;
  const own = within(within(context, o.name), way);
  const prepared = derivation.prepare(checked.config[way] as Json, shape, own);
  return {
    assignment: assignment(
      { name: o.name, schema: prepared.schema, compute: (record) => prepared.compute(record) },
      { isKey: o.isKey, onError: o.onError, what: `set ${way}` },
    ),
    privacy: prepared.privacy,
    hides: prepared.privacy !== undefined,
    isPersonal: false,
    mayBeAbsent: true,
  };
}

/** A field by the name that the rule `rename`, which runs after this one, gives it. */
function renamed(name: string, shape: Shape, { laterNames }: RuleContext): Other | undefined {
  const from = laterNames.get(name);
  const properties = propertiesOf(shape);
  if (from === undefined || !Object.hasOwn(properties, from)) return undefined;
  const isSure = requiredOf(shape).includes(from) || shape.keys.includes(from);
  return { schema: properties[from]!, isSure, read: (record) => record.get(from) };
}

/** What `email_raw` and the like stand for, and whether rules have hidden the value since. */
function rawValues(
  shape: Shape,
  context: RuleContext,
): (name: string) => { readonly value: Other; readonly isHidden: boolean } | undefined {
  const raw = rawValuesOf(context);
  const properties = propertiesOf(shape);
  return (name) => {
    const found = Object.hasOwn(properties, name) ? undefined : rawProperty(name, raw.shape);
    if (found === undefined) return undefined;
    const { isSure, property, schema } = found;
    return {
      value: { schema, isSure, read: () => raw.values.get(property) },
      isHidden: shape.privacy[property] !== undefined,
    };
  };
}

function isPersonal(shape: Shape, name: string): boolean {
  const properties = propertiesOf(shape);
  return Object.hasOwn(properties, name) && properties[name]!['x-personal'] === true;
}

function withMade(shape: Shape, { assignment: { name, schema }, isPersonal, mayBeAbsent, privacy }: Made): Shape {
  // Annotations of what the expression only passes on stay; this one does not outlive `public`.
  const { 'x-personal': _, ...rest } = schema;
  const marked: JsonSchema = isPersonal ? { ...rest, 'x-personal': true } : rest;
  const before = propertiesOf(shape);
  const next = withProperty({ ...shape, privacy: without(shape.privacy, name) }, name, marked, privacy);
  if (!mayBeAbsent || !Object.hasOwn(before, name)) return next;
  const required = requiredOf(next).filter((one) => one !== name);
  return { ...next, schema: { ...next.schema, required } };
}

function without(privacy: Shape['privacy'], name: string): Shape['privacy'] {
  return Object.fromEntries(Object.entries(privacy).filter(([one]) => one !== name));
}
