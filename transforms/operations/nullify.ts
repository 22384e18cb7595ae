import { defineOperation } from '../operation.ts';
import { nullable, redactedSchema } from '../schemas.ts';

export default defineOperation({
  name: 'nullify',
  group: 'privacy',
  summary: 'Puts null in place of the value.',
  notes: ['A key cannot become null.'],
  parameters: {},
  privacy: 'removed',
  merges: true,
  examples: [
    { step: 'nullify', input: 'Ada', output: null },
    { step: 'nullify', schema: { type: 'integer', minimum: 18 }, input: 41, output: null },
  ],
  prepare(_, field) {
    return { schema: nullable(redactedSchema(field.schema)), apply: () => null };
  },
});
