import { stringifyExact } from '../../singer/index.ts';
import { propertiesOf, withProperty } from '../engine/shape.ts';
import { namesIn, tellUnknown } from '../places.ts';
import { defineRule } from '../rule.ts';
import { isNullable } from '../schemas.ts';

export default defineRule({
  name: 'to_json',
  summary: 'Writes values as JSON text: objects and lists for a column of text.',
  notes: ['Null stays null; a text becomes a text in quotes. Numbers stay exact.'],
  setting: { type: ['array', 'string'], description: 'The fields.', items: { type: 'string', description: 'A field.' } },
  examples: [
    {
      rules: { to_json: ['tags'] },
      schema: { type: 'object', properties: { tags: { type: ['array', 'null'], items: { type: 'string' } } } },
      input: [{ tags: ['a', 'b'] }, { tags: null }],
      output: [{ tags: '["a","b"]' }, { tags: null }],
    },
  ],
  prepare(value, shape, context) {
    const names = namesIn(value);
    let current = shape;
    for (const name of names) {
      const schema = propertiesOf(current)[name];
      if (schema === undefined) tellUnknown(name, shape, context);
      else current = withProperty(current, name, { type: isNullable(schema) ? ['string', 'null'] : ['string'] });
    }
    return {
      shape: current,
      apply(record) {
        for (const name of names) {
          const own = record.get(name) ?? null;
          if (own !== null) record.set(name, stringifyExact(own));
        }
        return true;
      },
    };
  },
});
