import { compareDecimals } from '../numbers/decimal.ts';
import { boundOf, numberStep } from '../numbers/field.ts';
import { defineOperation } from '../operation.ts';

export default defineOperation({
  name: 'clamp',
  group: 'numbers',
  summary: 'Puts a bound in place of numbers beyond it.',
  parameters: {
    min: {
      type: ['string', 'number'],
      description: 'Least number. As text where it has more digits than a JavaScript number holds.',
    },
    max: { type: ['string', 'number'], description: 'Greatest number.' },
  },
  merges: true,
  examples: [
    { step: { clamp: { min: 0, max: 24 } }, schema: { type: 'number' }, input: 30.5, output: 24 },
    { step: { clamp: { min: 0 } }, schema: { type: 'integer' }, input: -1, output: 0 },
  ],
  prepare(given, field) {
    const min = boundOf(given.min, 'min', field);
    const max = boundOf(given.max, 'max', field);
    if (given.min === undefined && given.max === undefined) field.problem('needs min, max or both');
    if (min !== undefined && max !== undefined && compareDecimals(min, max) > 0) field.problem('is below min', 'max');
    const areWhole = [min, max].every((bound) => bound === undefined || bound.exponent >= 0);
    return numberStep(field, areWhole, (number) => {
      if (min !== undefined && compareDecimals(number, min) < 0) return min;
      return max !== undefined && compareDecimals(number, max) > 0 ? max : number;
    });
  },
});
