import { type Json, type JsonSchema } from '../../singer/index.ts';
import { propertiesOf, requiredOf } from '../engine/shape.ts';
import type { Privacy } from '../operation.ts';
import { namesIn, refuseLostKeys, tellUnknown } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';
import { isNullable, unionOf } from '../schemas.ts';

export default defineRule({
  name: 'unpivot',
  summary: 'Makes one record per field: its name and its value, beside the fields that are kept.',
  notes: [
    'The name becomes a key property beside those that are kept. A field that is absent makes no record; one that is null makes one unless `nulls: skip` is set.',
    'Fields that the schema does not name are left out and counted, because nobody can tell what type they have.',
  ],
  setting: {
    type: 'object',
    description: 'What is kept, and the names of the two fields.',
    properties: {
      keep: {
        type: ['array', 'string'],
        required: true,
        description: 'Fields that each record keeps.',
        items: { type: 'string', description: 'A field.' },
      },
      name: { type: 'string', default: 'name', description: 'The field that holds the name.' },
      value: { type: 'string', default: 'value', description: 'The field that holds the value.' },
      nulls: { type: 'string', options: ['keep', 'skip'], default: 'keep', description: 'What becomes of fields that are null.' },
    },
  },
  examples: [
    {
      rules: { unpivot: { keep: ['at'], name: 'signal', value: 'value' } },
      schema: {
        type: 'object',
        properties: { at: { type: 'string' }, wind: { type: 'number' }, power: { type: ['integer', 'null'] } },
      },
      keys: ['at'],
      input: [{ at: 'noon', wind: 1.5, power: null }],
      output: [
        { at: 'noon', signal: 'wind', value: 1.5 },
        { at: 'noon', signal: 'power', value: null },
      ],
    },
  ],
  prepare(given, shape, context) {
    const { name, nulls, value, ...rest } = given as { keep: Json; name: string; value: string; nulls: 'keep' | 'skip' };
    const keep = namesIn(rest.keep);
    const properties = propertiesOf(shape);
    for (const field of keep) if (!Object.hasOwn(properties, field)) tellUnknown(field, shape, context, 'keep');
    const fields = Object.keys(properties).filter((field) => !keep.includes(field));
    if (fields.length === 0) context.problem('leaves no field to make records of', 'keep');
    const twice = [...keep, name, value].find((field, i, all) => all.indexOf(field) < i);
    if (twice !== undefined) context.problem(`two fields would have the name ${twice}`);
    refuseLostKeys(shape, fields, context);
    const known = new Set([...keep, ...fields]);
    return {
      shape: unpivoted(shape, { keep, fields, name, value }),
      apply(record, emit) {
        const kept = keep.map((field) => [field, record.get(field)] as const);
        const made = fields.map((field) => [field, record.get(field)] as const);
        const unknown = record.names().filter((field) => !known.has(field)).length;
        if (unknown > 0) context.count('fields left out of unpivot', unknown);
        for (const [field, own] of made) {
          if (own === undefined || (own === null && nulls === 'skip')) continue;
          emit.next(Object.fromEntries([...kept, [name, field], [value, own]]));
        }
        return false;
      },
    };
  },
});

function unpivoted(shape: Shape, o: { keep: readonly string[]; fields: readonly string[]; name: string; value: string }): Shape {
  const properties = propertiesOf(shape);
  const required = requiredOf(shape).filter((field) => o.keep.includes(field));
  const kept = o.keep.map((field): [string, JsonSchema] => [field, properties[field] ?? {}]);
  const keys = shape.keys.filter((key) => o.keep.includes(key));
  const values = o.fields.map((field) => properties[field]!);
  // What one of them may be, the field may be.
  const value = values.length === 0 ? {} : unionOf(values.map(plainType));
  const hidden = o.fields.map((field) => shape.privacy[field]);
  const privacy = Object.entries(shape.privacy).filter(([field]) => o.keep.includes(field));
  const all: readonly Privacy[] = ['reduced', 'pseudonym', 'removed'];
  const weakest = hidden.includes(undefined) ? undefined : all.find((one) => hidden.includes(one));
  return {
    stream: shape.stream,
    schema: {
      type: 'object',
      properties: Object.fromEntries([...kept, [o.name, { type: ['string'] }], [o.value, value]]),
      required: [...required, o.name, o.value],
    },
    keys: keys.length === 0 ? [] : [...keys, o.name],
    bookmarks: shape.bookmarks.filter((field) => o.keep.includes(field)),
    privacy: Object.fromEntries(weakest === undefined ? privacy : [...privacy, [o.value, weakest]]),
  };
}

/** `"number"` and `["number"]` are one type. */
function plainType(schema: JsonSchema): JsonSchema {
  if (typeof schema['type'] !== 'string') return schema;
  return isNullable(schema) ? schema : { ...schema, type: [schema['type']] };
}
