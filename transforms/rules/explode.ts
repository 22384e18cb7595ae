import { isJsonObject, type Json, type JsonObject, type JsonSchema, nearest } from '../../singer/index.ts';
import { simplify } from '../../singer/mapper/index.ts';
import { partsOf } from '../context.ts';
import { propertiesOf, requiredOf } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { streamName } from '../names.ts';
import type { Privacy } from '../operation.ts';
import { ITEMS, type PathStep, type Place, placesOf } from '../path.ts';
import { emptyPlan, plan, planApply, planShape } from '../plan.ts';
import { namesIn, refuseLostKeys, tellUnknown } from '../places.ts';
import type { RecordView } from '../record.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';
import { isNullable, withoutNull } from '../schemas.ts';

const PART = {
  type: 'object',
  description: 'One list or object.',
  properties: {
    path: { type: 'string', required: true, description: 'The list (`purchases.products[]`) or object (`delivery_address`).' },
    into: { type: 'string', required: true, description: 'The child stream; `{stream}` stands for the name of this one.' },
    parent_keys: {
      type: ['array', 'object'],
      items: { type: 'string', description: 'A field.' },
      members: { type: 'string', description: 'Its name in the child.' },
      description:
        'Fields of the parent that each child record has: a list, or a map to the names that they have there. The key properties unless set.',
    },
    position: {
      type: 'string',
      default: '_position',
      description: "The child's field that says which item of the record it is: 1 for the first.",
    },
    keep: { type: 'boolean', default: false, description: 'Leave the list or object in the parent, too.' },
  },
} as const;

export default defineRule({
  name: 'explode',
  summary: 'Makes a child stream of a list or an object within the records: one record per item, with the keys of its parent.',
  notes: [
    'Keys of the child are those of the parent and, for lists, the position. Items that are no objects go into a field `value`. A null or absent list gives no child records.',
    'Child records go the way of a stream of their name: rules for it in the config apply.',
    'The schema must say what is in the list or object. A field of an item that has the name of a parent key is refused: give the key another name with a map.',
  ],
  setting: { type: ['array', 'object'], description: 'One or several.', items: PART, properties: PART.properties },
  examples: [
    {
      rules: { explode: { path: 'order.lines[]', into: 'lines' } },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          order: {
            type: 'object',
            properties: {
              total: { type: 'number' },
              lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
            },
          },
        },
      },
      keys: ['id'],
      input: [{ id: 1, order: { total: 5, lines: [{ sku: 'a' }, { sku: 'b' }] } }],
      output: [
        { id: 1, _position: 1, sku: 'a' },
        { id: 1, _position: 2, sku: 'b' },
        { id: 1, order: { total: 5 } },
      ],
    },
    {
      rules: { explode: { path: 'tags[]', into: 'tags', parent_keys: { id: 'post_id' } } },
      schema: {
        type: 'object',
        properties: { id: { type: 'integer' }, tags: { type: ['array', 'null'], items: { type: 'string' } } },
      },
      keys: ['id'],
      input: [
        { id: 1, tags: ['x'] },
        { id: 2, tags: null },
      ],
      output: [{ post_id: 1, _position: 1, value: 'x' }, { id: 1 }, { id: 2 }],
    },
  ],
  check(value, context) {
    for (const [{ into }, own] of partsOf<Given>(value, context)) {
      streamName(into, context.stream, (message) => own.problem(message, 'into'));
    }
  },
  prepare(value, shape, context) {
    const parts = partsOf<Given>(value, context).flatMap(([part, own]) => partOf(part, shape, own) ?? []);
    const streams = parts.map(({ child }) => child.stream);
    for (const stream of streams.filter((stream, i) => stream === shape.stream || streams.indexOf(stream) < i)) {
      context.problem(`${stream} would be the name of two streams`);
    }
    const policy = recordPolicy(context.defaults.onError);
    const root = emptyPlan(false);
    for (const { place, keep } of parts) if (!keep) plan(root, place, undefined);
    const gone = parts.filter(({ keep, place }) => !keep && place.steps.length === 0).map(({ place }) => place.name);
    refuseLostKeys(shape, gone, context);
    const leave = planApply(root, policy);
    return {
      shape: planShape(shape, root, () => undefined),
      children: parts.map(({ child }) => child),
      apply(record, emit) {
        // All that can go wrong does so before the first child is out.
        const made = parts.map((part) => ({ stream: part.child.stream, records: childrenOf(record, part, policy) }));
        leave(record, emit);
        for (const { stream, records } of made) for (const child of records) emit.child(stream, child);
        return true;
      },
    };
  },
});

interface Given {
  readonly path: string;
  readonly into: string;
  readonly parent_keys?: Json;
  readonly position: string;
  readonly keep: boolean;
}

interface Part {
  /** What leaves the parent. */
  readonly place: Pick<Place, 'name' | 'steps'>;
  readonly text: string;
  /** The way from the property to each child. */
  readonly steps: readonly PathStep[];
  readonly keep: boolean;
  readonly child: Shape;
  /** By parent field: its name in the child. */
  readonly keys: readonly (readonly [from: string, to: string])[];
  /** Undefined for an object. */
  readonly position: string | undefined;
  readonly isObject: boolean;
}

function partOf(given: Given, shape: Shape, context: RuleContext): Part | undefined {
  const problem = (message: string, name: string): undefined => {
    context.problem(message, name);
  };
  const [place, ...others] = placesOf(given.path, shape);
  if (place === undefined) {
    tellUnknown(given.path, shape, context, 'path');
    return undefined;
  }
  if (others.length > 0) return problem('must mean one list or object', 'path');
  const stream = streamName(given.into, shape.stream, (message) => problem(message, 'into'));
  const keys = keysOf(given, shape, problem);
  if (stream === undefined || keys === undefined) return undefined;
  const isList = place.steps.includes(ITEMS);
  const members = membersOf(place.schema);
  if (members === undefined && !isList)
    return problem('is no object with members that the schema names; a list is written with []', 'path');
  const { position } = given;
  const own: [string, JsonSchema][] = keys.map(([from, to]) => [to, withoutNull(propertiesOf(shape)[from]!)]);
  if (isList) own.push([position, { type: ['integer'], minimum: 1 }]);
  const inner = members ?? { properties: { value: place.schema }, required: ['value'] };
  const names = [...own.map(([name]) => name), ...Object.keys(inner.properties)];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    return problem(
      `would have two fields ${twice}; give the key another name: parent_keys: {${keys[0]?.[0] ?? 'id'}: …}`,
      'parent_keys',
    );
  const childKeys = own.map(([name]) => name);
  const required = [...childKeys, ...(isNullable(place.schema) && members !== undefined ? [] : inner.required)];
  const child: Shape = {
    stream,
    schema: { type: 'object', properties: { ...Object.fromEntries(own), ...inner.properties }, required },
    keys: childKeys,
    bookmarks: [],
    privacy: privacyOf(shape, { keys, name: place.name, members: Object.keys(inner.properties) }),
  };
  const cut = place.steps.findLastIndex((step) => step !== ITEMS) + 1;
  return {
    place: { name: place.name, steps: place.steps.slice(0, cut) },
    text: place.text,
    steps: place.steps,
    keep: given.keep,
    child,
    keys,
    position: isList ? position : undefined,
    isObject: members !== undefined,
  };
}

function keysOf(
  { parent_keys }: Given,
  shape: Shape,
  problem: (message: string, name: string) => undefined,
): (readonly [string, string])[] | undefined {
  const given = parent_keys ?? shape.keys;
  const keys = isJsonObject(given)
    ? Object.entries(given).map(([from, to]) => [from, to as string] as const)
    : namesIn(given).map((name) => [name, name] as const);
  if (keys.length === 0) return problem('is required: the stream has no key properties', 'parent_keys');
  const unknown = keys.filter(([from]) => !Object.hasOwn(propertiesOf(shape), from));
  for (const [from] of unknown) {
    const near = nearest(from, Object.keys(propertiesOf(shape)));
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    problem(`the schema of ${shape.stream} has no field ${from}${hint}`, 'parent_keys');
  }
  return unknown.length > 0 ? undefined : keys;
}

/** The members that an object schema names; undefined for any other. */
function membersOf(
  schema: JsonSchema,
): { properties: Readonly<Record<string, JsonSchema>>; required: readonly string[] } | undefined {
  const types = [schema['type']].flat().filter((type) => type !== 'null');
  const properties = propertiesOf({ schema: simplify(schema) });
  if (types.length !== 1 || types[0] !== 'object' || Object.keys(properties).length === 0) return undefined;
  return { properties, required: requiredOf({ schema }) };
}

function privacyOf(
  { privacy }: Shape,
  o: { keys: readonly (readonly [string, string])[]; name: string; members: readonly string[] },
): Record<string, Privacy> {
  const of = privacy[o.name];
  return Object.fromEntries([
    ...o.keys.flatMap(([from, to]) => (privacy[from] === undefined ? [] : [[to, privacy[from]] as const])),
    ...(of === undefined ? [] : o.members.map((name) => [name, of] as const)),
  ]);
}

function childrenOf(record: RecordView, part: Part, policy: RecordFault['policy']): JsonObject[] {
  const found: Json[] = [];
  gather(record.get(part.place.name), part.steps, found, () =>
    fault(policy, 'wrong-kind', part.text, 'a value stands where the schema has members'),
  );
  if (found.length === 0) return [];
  const keys = part.keys.map(([from, to]): [string, Json] => {
    const value = record.get(from) ?? null;
    if (value === null) throw fault(policy, 'key-missing', from, 'a key that its child records need is null or absent');
    return [to, value];
  });
  const records: JsonObject[] = [];
  found.forEach((item, index) => {
    // An object that is null is no child; an item of a list that is null has its place there.
    if (item === null && part.position === undefined) return;
    const own = part.position === undefined ? keys : [...keys, [part.position, index + 1] as [string, Json]];
    if (part.isObject && item !== null && !isJsonObject(item)) {
      throw fault(policy, 'wrong-kind', part.text, 'a value stands where the schema has an object');
    }
    const members = part.isObject ? Object.entries(item ?? {}) : [['value', item] as [string, Json]];
    if (members.some(([member]) => own.some(([key]) => key === member))) {
      throw fault(policy, 'name-taken', part.text, 'an item has a field with the name of a key');
    }
    records.push(Object.fromEntries([...own, ...members]));
  });
  return records;
}

/** All values that a path leads to, in order. */
function gather(value: Json | undefined, steps: readonly PathStep[], found: Json[], wrongKind: () => RecordFault): void {
  const [step, ...rest] = steps;
  if (value === undefined) return;
  if (step === undefined) return void found.push(value);
  if (value === null) return;
  if (step === ITEMS) {
    if (!Array.isArray(value)) throw wrongKind();
    for (const item of value as readonly Json[]) gather(item, rest, found, wrongKind);
  } else {
    if (!isJsonObject(value)) throw wrongKind();
    gather(Object.hasOwn(value, step) ? value[step] : undefined, rest, found, wrongKind);
  }
}

function fault(policy: RecordFault['policy'], rule: string, field: string, message: string): RecordFault {
  return new RecordFault({ policy, rule, field, message });
}
