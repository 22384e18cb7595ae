import { defineCheck } from '../check.ts';
import { readersOf } from '../places.ts';
import { thresholdOf } from '../threshold.ts';

export default defineCheck({
  name: 'null_rate',
  of: 'stream',
  summary: 'No more than a share of the values of a field is null or absent, at the end of the run.',
  parameters: {
    field: { type: 'string', required: true, description: 'The field.' },
    max: { type: 'string', required: true, description: 'The share.', examples: ['5%'] },
  },
  examples: [
    {
      rules: { checks: [{ null_rate: { field: 'a', max: '50%' } }] },
      schema: { type: 'object', properties: { a: { type: ['integer', 'null'] } } },
      input: [{ a: 1 }, { a: null }],
      output: [{ a: 1 }, { a: null }],
    },
  ],
  prepare({ field, max }, shape, context) {
    const [read] = readersOf([field], shape, context, 'field');
    const most = thresholdOf(max);
    if (most === undefined || !('share' in most)) context.problem('must be a share such as 5%', 'max');
    if (read === undefined || most === undefined || !('share' in most)) return [];
    const seen = context.keep<{ all: number; nulls: number }>('seen', () => ({ all: 0, nulls: 0 }));
    return [
      {
        kind: 'stream',
        field,
        see(record) {
          seen.all++;
          if ((read(record) ?? null) === null) seen.nulls++;
        },
        verdict() {
          const isRight = seen.nulls <= most.share * seen.all;
          return { passed: isRight ? 1 : 0, failed: isRight ? 0 : 1, observed: seen.all === 0 ? 0 : seen.nulls / seen.all };
        },
      },
    ];
  },
});
