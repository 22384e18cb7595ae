import { columnOf, isJsonObject, type JsonSchema } from '../../singer/index.ts';
import { propertiesOf } from '../engine/shape.ts';
import { prepareFlatten } from '../flattening.ts';
import { globOf } from '../path.ts';
import { namesIn, tellUnknown } from '../places.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';

const UNBOUNDED = 1_000_000;

export default defineRule({
  name: 'flatten',
  summary: 'Makes fields of the members of nested objects: `address.city` becomes `address__city`.',
  notes: [
    'Members of an object that may be null or absent may be null; an object that is null makes all of them null. Lists stay, and so do objects whose members the schema does not name; a key property stays whole.',
    'Two fields with one name afterwards are refused. A name longer than `max_key_length` is cut and ends in a hash of the names that it was made of.',
    'A record in which something else stands where the schema has an object is put aside.',
  ],
  setting: {
    type: ['object', 'array', 'boolean', 'string'],
    description: '`true` for all objects, the names of some, or `{paths, separator, max_depth, max_key_length}`.',
    items: { type: 'string', description: 'A field.' },
    properties: {
      paths: {
        type: ['array', 'string'],
        description: 'Only these fields; names and patterns.',
        items: { type: 'string', description: 'A field.' },
      },
      separator: { type: 'string', default: '__', description: 'What stands between the names.' },
      max_depth: { type: 'integer', minimum: 1, description: 'How many levels; all unless set.' },
      max_key_length: { type: 'integer', minimum: 16, description: 'Longest name, in bytes.' },
    },
  },
  examples: [
    {
      rules: { flatten: { paths: ['address'], separator: '_' } },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          address: { type: ['object', 'null'], properties: { city: { type: 'string' }, zip: { type: 'string' } } },
          more: { type: 'object', properties: { a: { type: 'integer' } } },
        },
      },
      input: [
        { id: 1, address: { city: 'Oslo', zip: '0150' }, more: { a: 1 } },
        { id: 2, address: null },
      ],
      output: [
        { id: 1, more: { a: 1 }, address_city: 'Oslo', address_zip: '0150' },
        { id: 2, address_city: null, address_zip: null },
      ],
    },
  ],
  prepare(value, shape, context) {
    if (value === false) return { shape, apply: () => true };
    const given = (isJsonObject(value) ? value : value === true ? {} : { paths: value }) as Given;
    const names = namesOf(given, shape, context);
    const { max_depth: maxDepth = UNBOUNDED, max_key_length: maxNameBytes = UNBOUNDED, separator = '__' } = given;
    const joined = joinedNames(shape, names, { maxDepth, separator });
    const twice = joined.find((name, i) => joined.indexOf(name) < i);
    if (twice !== undefined) context.problem(`two fields would have the name ${twice}; take another separator, or rename one`);
    return prepareFlatten({ maxDepth, maxNameBytes, separator }, shape, context, names);
  },
});

interface Given {
  readonly paths?: unknown;
  readonly separator?: string;
  readonly max_depth?: number;
  readonly max_key_length?: number;
}

function namesOf({ paths }: Given, shape: Shape, context: RuleContext): readonly string[] | undefined {
  if (paths === undefined) return undefined;
  const known = Object.keys(propertiesOf(shape));
  return namesIn(paths).flatMap((pattern) => {
    const names = known.filter((name) => name === pattern || globOf(pattern).test(name));
    if (names.length === 0) tellUnknown(pattern, shape, context);
    return names;
  });
}

/** The names that all fields would have, before any is cut. */
function joinedNames(
  shape: Shape,
  names: readonly string[] | undefined,
  { maxDepth, separator }: { maxDepth: number; separator: string },
): string[] {
  const leaves = (name: string, schema: JsonSchema, depth: number): string[] => {
    const { schema: own, type } = columnOf('', schema);
    const members = type === 'object' && depth < maxDepth ? Object.entries(propertiesOf({ schema: own })) : [];
    return members.length === 0
      ? [name]
      : members.flatMap(([member, inner]) => leaves(`${name}${separator}${member}`, inner, depth + 1));
  };
  return Object.entries(propertiesOf(shape)).flatMap(([name, schema]) =>
    shape.keys.includes(name) || names?.includes(name) === false ? [name] : leaves(name, schema, 0),
  );
}
