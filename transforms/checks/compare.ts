import type { Json } from '../../singer/index.ts';
import { defineCheck } from '../check.ts';
import { readersOf } from '../places.ts';
import { compareValues } from './order.ts';

const OPERATORS = {
  '==': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const;

export default defineCheck({
  name: 'compare',
  of: 'record',
  summary: 'Two fields stand to each other as an operator says. It holds where one of them is null.',
  parameters: {
    a: { type: 'string', required: true, description: 'A field.' },
    op: { type: 'string', required: true, options: ['==', '!=', '<', '<=', '>', '>='], description: 'The operator.' },
    b: { type: ['string', 'number'], required: true, description: 'Another field, or a number.' },
  },
  examples: [
    {
      rules: { checks: [{ compare: { a: 'start', op: '<=', b: 'end' }, severity: 'drop' }] },
      schema: {
        type: 'object',
        properties: { start: { type: 'string', format: 'date' }, end: { type: ['string', 'null'], format: 'date' } },
      },
      input: [
        { start: '2026-01-01', end: '2026-01-02' },
        { start: '2026-01-03', end: '2026-01-02' },
        { start: '2026-01-03', end: null },
      ],
      output: [
        { start: '2026-01-01', end: '2026-01-02' },
        { start: '2026-01-03', end: null },
      ],
    },
  ],
  prepare({ a, b, op }, shape, context) {
    const [left] = readersOf([a], shape, context, 'a');
    const [right] = typeof b === 'number' ? [(): Json => b] : readersOf([b], shape, context, 'b');
    if (left === undefined || right === undefined) return [];
    const holds = OPERATORS[op];
    return [
      {
        kind: 'record',
        field: a,
        passes(record) {
          const [x, y] = [left(record) ?? null, right(record) ?? null];
          if (x === null || y === null) return true;
          const order = compareValues(x, y);
          return order !== undefined && holds(order);
        },
      },
    ];
  },
});
