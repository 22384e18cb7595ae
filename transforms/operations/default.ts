import { columnOf, type Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { acceptsValue, withoutNull } from '../schemas.ts';

export default defineOperation({
  name: 'default',
  group: 'nulls',
  summary: 'Puts a value where there is null, or no value at all.',
  parameters: {
    value: {
      type: ['string', 'number', 'boolean', 'object', 'array'],
      required: true,
      description: 'What stands there. It must be of the field’s type.',
    },
  },
  main: 'value',
  takesNull: true,
  takesAbsent: true,
  merges: true,
  examples: [
    { step: { default: 'unknown' }, input: null, output: 'unknown' },
    { step: { default: 'unknown' }, input: '', output: '' },
    { step: { default: 0 }, schema: { type: ['integer', 'null'] }, input: null, output: 0 },
  ],
  prepare({ value }, field) {
    const constant = value as Json;
    if (!acceptsValue(withoutNull(field.schema), constant)) {
      field.problem(`must be valid by the field's schema, which is ${columnOf('', field.schema).type}`);
    }
    return {
      schema: withoutNull(field.schema),
      apply: (given) => {
        const out = given ?? constant;
        if (out === null) throw new ValueFault('default', 'there is neither a value nor a default');
        return out;
      },
    };
  },
});
