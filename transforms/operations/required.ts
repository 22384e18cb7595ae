import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { withoutNull } from '../schemas.ts';

export default defineOperation({
  name: 'required',
  group: 'nulls',
  summary: 'Refuses a record whose value is null, absent, or a text of blanks alone.',
  parameters: {
    empty: { type: 'boolean', default: false, description: 'Let empty texts pass.' },
  },
  takesNull: true,
  takesAbsent: true,
  examples: [
    { step: 'required', input: 'Ada', output: 'Ada' },
    { step: 'required', input: null },
    { step: 'required', input: ' ' },
    { step: { required: { empty: true } }, input: '', output: '' },
  ],
  prepare({ empty }, field) {
    return {
      schema: withoutNull(field.schema),
      apply: (value) => {
        if (value === undefined || value === null) throw new ValueFault('required', 'there is no value');
        if (!empty && typeof value === 'string' && value.trim() === '') throw new ValueFault('required', 'the text is empty');
        return value;
      },
    };
  },
});
