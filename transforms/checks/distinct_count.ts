import { defineCheck } from '../check.ts';
import { readersOf } from '../places.ts';
import { markOf, seenValues } from './memory.ts';

export default defineCheck({
  name: 'distinct_count',
  of: 'stream',
  summary: 'A field has so many different values, at the end of the run. Null is none.',
  parameters: {
    field: { type: 'string', required: true, description: 'The field.' },
    min: { type: 'integer', minimum: 0, description: 'At least so many.' },
    max: { type: 'integer', minimum: 0, description: 'At most so many.' },
  },
  examples: [
    {
      rules: { checks: [{ distinct_count: { field: 'a', min: 2 } }] },
      schema: { type: 'object', properties: { a: { type: 'integer' } } },
      input: [{ a: 1 }, { a: 1 }, { a: 2 }],
      output: [{ a: 1 }, { a: 1 }, { a: 2 }],
    },
  ],
  prepare({ field, max = Number.POSITIVE_INFINITY, min = 0 }, shape, context) {
    const [read] = readersOf([field], shape, context, 'field');
    if (read === undefined) return [];
    const values = seenValues(context, 'values');
    const seen = context.keep<{ count: number; isPartial: boolean }>('count', () => ({ count: 0, isPartial: false }));
    return [
      {
        kind: 'stream',
        field,
        see(record) {
          const mark = markOf([read(record)]);
          if (mark === undefined) return;
          const times = values.count(mark);
          if (times === 1) seen.count++;
          else if (times === 0) seen.isPartial = true;
        },
        verdict() {
          const isRight = seen.count >= min && seen.count <= max;
          return { passed: isRight ? 1 : 0, failed: isRight ? 0 : 1, observed: seen.count, isPartial: seen.isPartial };
        },
      },
    ];
  },
});
