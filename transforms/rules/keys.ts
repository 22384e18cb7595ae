import { propertiesOf, requiredOf, withProperties } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { namesIn, tellUnknown } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';
import { withoutNull } from '../schemas.ts';

export default defineRule({
  name: 'keys',
  summary: 'Says which fields are the key properties of the stream.',
  notes: [
    'A record whose key is null or absent is put aside: rows with a null key would become one. An empty list takes the keys away.',
  ],
  setting: {
    type: ['array', 'string'],
    description: 'The fields, in order.',
    items: { type: 'string', description: 'A field.' },
  },
  examples: [
    {
      rules: { keys: ['user', 'day'] },
      schema: {
        type: 'object',
        properties: { id: { type: 'integer' }, user: { type: ['string', 'null'] }, day: { type: 'string' } },
      },
      keys: ['id'],
      input: [{ id: 1, user: 'ada', day: '2026-01-01' }],
      output: [{ id: 1, user: 'ada', day: '2026-01-01' }],
    },
  ],
  prepare(value, shape, context) {
    const keys = namesIn(value);
    const properties = propertiesOf(shape);
    for (const key of keys) if (!Object.hasOwn(properties, key)) tellUnknown(key, shape, context);
    const policy = recordPolicy(context.defaults.onError);
    return {
      shape: withKeys(shape, keys),
      apply(record) {
        for (const key of keys) {
          if ((record.get(key) ?? null) !== null) continue;
          throw new RecordFault({ policy, rule: 'key-missing', field: key, message: 'a key property is null or absent' });
        }
        return true;
      },
    };
  },
});

/** The shape with these keys, which every record has then. */
function withKeys(shape: Shape, keys: readonly string[]): Shape {
  const properties = Object.fromEntries(
    Object.entries(propertiesOf(shape)).map(([name, schema]) => [name, keys.includes(name) ? withoutNull(schema) : schema]),
  );
  const required = [...new Set([...requiredOf(shape), ...keys])];
  return { ...withProperties({ ...shape, schema: { ...shape.schema, required } }, properties), keys };
}
