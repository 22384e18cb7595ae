import { defineCheck } from '../check.ts';
import { namesIn, readersOf } from '../places.ts';

export default defineCheck({
  name: 'any_not_null',
  of: 'record',
  summary: 'At least one of some fields is there, and not null.',
  parameters: {
    fields: { type: ['array', 'string'], required: true, description: 'The fields.' },
  },
  main: 'fields',
  examples: [
    {
      rules: { checks: [{ any_not_null: ['id', 'email'], severity: 'drop' }] },
      schema: { type: 'object', properties: { id: { type: ['integer', 'null'] }, email: { type: ['string', 'null'] } } },
      input: [{ id: null, email: 'a@example.com' }, { id: null }],
      output: [{ id: null, email: 'a@example.com' }],
    },
  ],
  prepare({ fields }, shape, context) {
    const readers = readersOf(namesIn(fields), shape, context, 'fields');
    return [
      {
        kind: 'record',
        field: undefined,
        passes: (record) => readers.some((read) => (read(record) ?? null) !== null),
      },
    ];
  },
});
