import { defineCheck } from '../check.ts';

export default defineCheck({
  name: 'row_count',
  of: 'stream',
  summary: 'So many records of the stream have come, at the end of the run.',
  parameters: {
    min: { type: 'integer', minimum: 0, description: 'At least so many.' },
    max: { type: 'integer', minimum: 0, description: 'At most so many.' },
  },
  examples: [
    {
      rules: { checks: [{ row_count: { min: 1 } }] },
      schema: { type: 'object', properties: { a: { type: 'integer' } } },
      input: [{ a: 1 }],
      output: [{ a: 1 }],
    },
  ],
  prepare({ max = Number.POSITIVE_INFINITY, min = 0 }, _, context) {
    const rows = context.keep<{ count: number }>('rows', () => ({ count: 0 }));
    return [
      {
        kind: 'stream',
        field: undefined,
        see: () => void rows.count++,
        verdict() {
          const isRight = rows.count >= min && rows.count <= max;
          return { passed: isRight ? 1 : 0, failed: isRight ? 0 : 1, observed: rows.count };
        },
      },
    ];
  },
});
