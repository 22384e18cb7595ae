import { defineOperation } from '../operation.ts';
import { redactedOf, redactedSchema } from '../schemas.ts';

export default defineOperation({
  name: 'redact',
  group: 'privacy',
  summary: 'Puts a constant in place of the value: REDACTED for texts, 0 for numbers, 1970-01-01 for dates.',
  notes: ['A field that is null stays null: only values are replaced.'],
  parameters: {},
  privacy: 'removed',
  merges: true,
  examples: [
    { step: 'redact', input: 'Ada', output: 'REDACTED' },
    { step: 'redact', schema: { type: ['integer', 'null'], minimum: 18 }, input: 41, output: 0 },
    { step: 'redact', schema: { type: ['string', 'null'], format: 'date' }, input: '1815-12-10', output: '1970-01-01' },
  ],
  prepare(_, field) {
    const constant = redactedOf(field.schema);
    return { schema: redactedSchema(field.schema), apply: () => constant };
  },
});
