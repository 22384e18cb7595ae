import type { Json } from '../../singer/index.ts';
import { defineCheck } from '../check.ts';
import { numberIn } from '../compare.ts';
import { compareDecimals, decimalOf } from '../numbers/decimal.ts';
import { ExactSum, isSummable } from '../numbers/exact-sum.ts';
import { placesOf } from '../path.ts';
import { readersOf, tellUnknown, valuesReaderOf } from '../places.ts';

export default defineCheck({
  name: 'sum_equals',
  of: 'record',
  summary: 'The numbers at a path of a record add up to another field. Counted exactly; it holds where that field is null.',
  parameters: {
    path: { type: 'string', required: true, description: 'The numbers: `purchases[].total`.' },
    total: { type: 'string', required: true, description: 'The field with their sum.' },
    tolerance: { type: 'number', minimum: 0, default: 0, description: 'They may differ by so much.' },
  },
  examples: [
    {
      rules: { checks: [{ sum_equals: { path: 'lines[].price', total: 'cost', tolerance: 0.005 }, severity: 'drop' }] },
      schema: {
        type: 'object',
        properties: {
          cost: { type: 'number' },
          lines: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } } } },
        },
      },
      input: [
        { cost: 0.3, lines: [{ price: 0.1 }, { price: 0.2 }] },
        { cost: 0.31, lines: [{ price: 0.1 }, { price: 0.2 }] },
      ],
      output: [{ cost: 0.3, lines: [{ price: 0.1 }, { price: 0.2 }] }],
    },
  ],
  prepare({ path, tolerance, total }, shape, context) {
    const places = placesOf(path, shape);
    if (places.length === 0) tellUnknown(path, shape, context, 'path');
    const parts = places.map(valuesReaderOf);
    const [whole] = readersOf([total], shape, context, 'total');
    if (whole === undefined) return [];
    const most = decimalOf(String(tolerance))!;
    return [
      {
        kind: 'record',
        field: total,
        passes(record) {
          const expected = whole(record) ?? null;
          if (expected === null) return true;
          const sum = new ExactSum();
          for (const value of parts.flatMap((read) => read(record))) if (!adds(sum, value ?? null, false)) return false;
          if (!adds(sum, expected, true)) return false;
          return compareDecimals({ ...decimalOf(sum.text)!, isNegative: false }, most) <= 0;
        },
      },
    ];
  },
});

/** Adds a value, or takes it away. Gives false if it is no number that can be counted with; null is nothing. */
function adds(sum: ExactSum, value: Json, isTaken: boolean): boolean {
  if (value === null) return true;
  const number = numberIn(value);
  if (number === undefined || !isSummable(number)) return false;
  sum.add(isTaken ? { ...number, isNegative: !number.isNegative } : number);
  return true;
}
