import { defineCheck } from '../check.ts';
import { durationOf, instantOf, instantText } from '../instant.ts';
import { readersOf } from '../places.ts';

export default defineCheck({
  name: 'freshness',
  of: 'stream',
  summary: 'The newest time of a field is not older than so long, at the end of the run. No time at all breaks it.',
  parameters: {
    field: { type: 'string', required: true, description: 'The field: ISO dates or times.' },
    max_age: { type: 'string', required: true, description: 'So old at most.', examples: ['2d', '1h 30m'] },
  },
  examples: [
    {
      rules: { checks: [{ freshness: { field: 'at', max_age: '1d', severity: 'warn' } }] },
      schema: { type: 'object', properties: { at: { type: 'string', format: 'date-time' } } },
      input: [{ at: '2026-01-01T00:00:00Z' }],
      output: [{ at: '2026-01-01T00:00:00Z' }],
    },
  ],
  prepare({ field, max_age }, shape, context) {
    const [read] = readersOf([field], shape, context, 'field');
    const age = durationOf(max_age);
    if (age === undefined) context.problem('must be a duration such as 2d or 1h 30m', 'max_age');
    if (read === undefined || age === undefined) return [];
    const seen = context.keep<{ newest: number }>('newest', () => ({ newest: Number.NEGATIVE_INFINITY }));
    return [
      {
        kind: 'stream',
        field,
        see(record) {
          const value = read(record);
          const at = typeof value === 'string' ? instantOf(value) : undefined;
          if (at !== undefined && at > seen.newest) seen.newest = at;
        },
        verdict() {
          const isFresh = Date.now() - seen.newest <= age;
          return {
            passed: isFresh ? 1 : 0,
            failed: isFresh ? 0 : 1,
            ...(Number.isFinite(seen.newest) ? { observed: instantText(Math.floor(seen.newest)) } : {}),
          };
        },
      },
    ];
  },
});
