import type { Json } from '../../singer/index.ts';
import { defineCheck } from '../check.ts';
import { readersOf } from '../places.ts';
import { compareValues } from './order.ts';

export default defineCheck({
  name: 'monotonic',
  of: 'record',
  summary: 'The values of a field never go down (or never up) from one record to the next. Null is passed over.',
  parameters: {
    field: { type: 'string', required: true, description: 'The field.' },
    order: { type: 'string', options: ['increasing', 'decreasing'], default: 'increasing', description: 'Which way they go.' },
    strict: { type: 'boolean', default: false, description: 'Two equal values in a row break it too.' },
  },
  main: 'field',
  examples: [
    {
      rules: { checks: [{ monotonic: 'n', severity: 'drop' }] },
      schema: { type: 'object', properties: { n: { type: 'integer' } } },
      input: [{ n: 1 }, { n: 3 }, { n: 2 }, { n: 3 }, { n: 3 }],
      output: [{ n: 1 }, { n: 3 }, { n: 3 }, { n: 3 }],
    },
  ],
  prepare({ field, order, strict }, shape, context) {
    const [read] = readersOf([field], shape, context, 'field');
    if (read === undefined) return [];
    const last = context.keep<{ value: Json }>('last', () => ({ value: null }));
    const sign = order === 'increasing' ? 1 : -1;
    return [
      {
        kind: 'record',
        field,
        passes(record) {
          const value = read(record) ?? null;
          if (value === null) return true;
          const before = last.value;
          // Each against the one before it, so that one outlier breaks it once.
          last.value = value;
          if (before === null) return true;
          const step = compareValues(value, before);
          return step !== undefined && (strict ? step * sign > 0 : step * sign >= 0);
        },
      },
    ];
  },
});
