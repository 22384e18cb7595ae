import { columnsOf, type FlattenOptions, type Json, type JsonSchema, RecordError } from '../singer/index.ts';
import { flattenHeader } from '../singer/mapper/index.ts';
import { propertiesOf } from './engine/shape.ts';
import { RecordFault } from './fault.ts';
import type { Privacy } from './operation.ts';
import type { RecordView } from './record.ts';
import type { PreparedRule, RuleContext, Shape } from './rule.ts';

/** Makes properties of the members of nested objects: of those under `names`, or of all. */
export function prepareFlatten(
  options: FlattenOptions,
  shape: Shape,
  { defaults: { onError } }: RuleContext,
  names?: readonly string[],
): PreparedRule {
  const { keys, schema, stream } = shape;
  const whole =
    names === undefined ? {} : Object.fromEntries(Object.entries(propertiesOf(shape)).filter(([name]) => !names.includes(name)));
  // To what is not to be flattened, the flattening is blind.
  const seen = {
    ...schema,
    properties: { ...propertiesOf(shape), ...Object.fromEntries(Object.keys(whole).map((name) => [name, {}])) },
  };
  const flat = flattenHeader({ stream, schema: seen, keys, columns: columnsOf(seen), notesChanges: false }, options);
  if (flat === undefined) return { shape, apply: () => true };
  const properties: Record<string, JsonSchema> = { ...propertiesOf(flat.header), ...whole };
  const objects = Object.keys(propertiesOf(shape)).filter((name) => !Object.hasOwn(properties, name));
  const policy = onError === undefined || onError === 'null' || onError === 'redact' ? 'quarantine' : onError;
  return {
    shape: {
      stream,
      schema: { ...flat.header.schema, properties },
      keys: flat.header.keys,
      bookmarks: shape.bookmarks.filter((name) => Object.hasOwn(properties, name)),
      privacy: privacyOf(shape, Object.keys(properties), options.separator),
    },
    apply(record) {
      for (const name of objects) {
        const value = record.get(name);
        if (value === undefined) continue;
        const members = membersOf(() => flat.reshape({ [name]: value }), { name, policy });
        record.delete(name);
        for (const [member, inner] of members)
          put(record, member, inner, { isNamed: Object.hasOwn(properties, member), name, policy });
      }
      return true;
    },
  };
}

interface At {
  readonly name: string;
  readonly policy: RecordFault['policy'];
}

function membersOf(reshape: () => Record<string, Json | undefined>, { name, policy }: At): [string, Json][] {
  try {
    return Object.entries(reshape()).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new RecordFault({
      policy,
      rule: 'record-not-flat',
      field: name,
      message: 'something else stands where the schema has an object',
    });
  }
}

/** A member that the schema does not name must not take the place of another. */
function put(record: RecordView, member: string, value: Json, { isNamed, name, policy }: At & { isNamed: boolean }): void {
  if (!isNamed && record.has(member)) {
    throw new RecordFault({
      policy,
      rule: 'flatten-collision',
      field: name,
      message: 'a member that the schema does not name would take the place of a property',
    });
  }
  record.set(member, value);
}

/** A member is as hidden as the object that it was in. */
function privacyOf(shape: Shape, names: readonly string[], separator: string): Readonly<Record<string, Privacy>> {
  const before = Object.entries(shape.privacy);
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = before.find(([one]) => one === name || name.startsWith(`${one}${separator}`));
      return found === undefined ? [] : [[name, found[1]]];
    }),
  );
}
