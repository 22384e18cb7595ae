import { defineRule } from '../rule.ts';

export default defineRule({
  name: 'limit',
  summary: 'Lets so many records of the stream pass, and no more: for trying out a pipeline.',
  notes: ['STATEs pass all the same: a run that goes on from one of them does not bring the records that were left out.'],
  setting: { type: 'integer', minimum: 0, description: 'How many.' },
  examples: [
    {
      rules: { limit: 1 },
      schema: { type: 'object', properties: { id: { type: 'integer' } } },
      input: [{ id: 1 }, { id: 2 }],
      output: [{ id: 1 }],
    },
  ],
  prepare(value, shape, context) {
    const seen = context.shared(`limit ${context.path} ${context.stream}`, () => ({ count: 0 }));
    return {
      shape,
      apply() {
        if (seen.count < value) {
          seen.count++;
          return true;
        }
        context.count('left out by limit');
        return false;
      },
    };
  },
});
