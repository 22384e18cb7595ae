import { defineOperation } from '../operation.ts';
import { redactedOf } from '../schemas.ts';

export default defineOperation({
  name: 'redact',
  group: 'privacy',
  summary: 'Puts a constant in place of the value: REDACTED for texts, 0 for numbers, 1970-01-01 for dates.',
  parameters: {},
  privacy: 'removed',
  examples: [
    { step: 'redact', input: 'Ada', output: 'REDACTED' },
    { step: 'redact', schema: { type: ['integer', 'null'] }, input: 41, output: 0 },
  ],
  prepare: (_, { schema }) => {
    const constant = redactedOf(schema);
    return { schema, apply: () => constant };
  },
});
