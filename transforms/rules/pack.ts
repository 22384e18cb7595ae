import type { Json, JsonSchema } from '../../singer/index.ts';
import { propertiesOf, requiredOf } from '../engine/shape.ts';
import type { Privacy } from '../operation.ts';
import { namesIn, tellUnknown } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';

export default defineRule({
  name: 'pack',
  summary: 'Puts the fields of a record into one object, for a table with a single column of JSON.',
  notes: [
    'Key properties and bookmarks stay beside it; `keep` names others that do. Fields that the schema does not name go along.',
  ],
  setting: {
    type: ['object', 'string'],
    description: 'The name of the object, or `{into, keep}`.',
    properties: {
      into: { type: 'string', default: 'data', description: 'The name of the object.' },
      keep: {
        type: ['array', 'string'],
        default: [],
        description: 'Fields that stay beside it.',
        items: { type: 'string', description: 'A field.' },
      },
    },
  },
  examples: [
    {
      rules: { pack: { into: 'data' } },
      schema: { type: 'object', properties: { id: { type: 'integer' }, a: { type: 'string' }, b: { type: 'number' } } },
      keys: ['id'],
      input: [{ id: 1, a: 'x', b: 2.5 }],
      output: [{ id: 1, data: { a: 'x', b: 2.5 } }],
    },
  ],
  prepare(value, shape, context) {
    const given = (typeof value === 'string' ? { into: value, keep: [] } : value) as { into: string; keep: Json };
    const { into } = given;
    const properties = propertiesOf(shape);
    const named = namesIn(given.keep);
    for (const name of named) if (!Object.hasOwn(properties, name)) tellUnknown(name, shape, context, 'keep');
    const stay = new Set([...shape.keys, ...shape.bookmarks, ...named]);
    if (stay.has(into)) context.problem(`${into} is the name of a field that stays`, 'into');
    return {
      shape: packed(shape, stay, into),
      apply(record) {
        const members = record.names().flatMap((name) => (stay.has(name) ? [] : [[name, record.get(name)] as const]));
        record.filter((name) => stay.has(name));
        record.set(into, Object.fromEntries(members));
        return true;
      },
    };
  },
});

function packed(shape: Shape, stay: ReadonlySet<string>, into: string): Shape {
  const entries = Object.entries(propertiesOf(shape));
  const required = requiredOf(shape);
  const inner = entries.filter(([name]) => !stay.has(name));
  const innerRequired = required.filter((name) => !stay.has(name));
  const object: JsonSchema = {
    type: ['object'],
    properties: Object.fromEntries(inner),
    ...(innerRequired.length > 0 ? { required: innerRequired } : {}),
  };
  const hidden = inner.map(([name]) => shape.privacy[name]);
  const all: readonly Privacy[] = ['reduced', 'pseudonym', 'removed'];
  const weakest = hidden.length === 0 || hidden.includes(undefined) ? undefined : all.find((one) => hidden.includes(one));
  const privacy = Object.entries(shape.privacy).filter(([name]) => stay.has(name));
  return {
    ...shape,
    schema: {
      type: 'object',
      properties: Object.fromEntries([...entries.filter(([name]) => stay.has(name)), [into, object]]),
      required: [...required.filter((name) => stay.has(name)), into],
    },
    privacy: Object.fromEntries(weakest === undefined ? privacy : [...privacy, [into, weakest]]),
  };
}
