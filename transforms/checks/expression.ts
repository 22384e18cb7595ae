import { defineCheck } from '../check.ts';
import { ValueFault } from '../fault.ts';
import { compileWhen } from '../when.ts';

export default defineCheck({
  name: 'expression',
  of: 'record',
  summary: 'An expression is true of the record. It does not hold where it cannot be worked out (a null that is compared).',
  parameters: {
    that: { type: 'string', required: true, description: 'The expression; see docs/stream-maps.md.' },
  },
  main: 'that',
  examples: [
    {
      rules: { checks: [{ expression: 'a + b < 10', severity: 'drop' }] },
      schema: { type: 'object', properties: { a: { type: 'integer' }, b: { type: ['integer', 'null'] } } },
      input: [
        { a: 1, b: 2 },
        { a: 8, b: 2 },
        { a: 1, b: null },
      ],
      output: [{ a: 1, b: 2 }],
    },
  ],
  prepare({ that }, shape, context) {
    const holds = compileWhen(that, shape, context);
    return [
      {
        kind: 'record',
        field: undefined,
        passes(record) {
          try {
            return holds(record);
          } catch (error) {
            if (error instanceof ValueFault) return { field: undefined, message: error.message };
            throw error;
          }
        },
      },
    ];
  },
});
