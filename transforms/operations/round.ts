import { ROUNDING_MODES, roundDecimal } from '../numbers/decimal.ts';
import { numberStep } from '../numbers/field.ts';
import { defineOperation } from '../operation.ts';

export default defineOperation({
  name: 'round',
  group: 'numbers',
  summary: 'Rounds numbers by their decimal digits, whatever their size.',
  notes: ['Works on the digits, not on floating point: 2.675 becomes 2.68.'],
  parameters: {
    digits: {
      type: 'integer',
      default: 0,
      minimum: -1000,
      maximum: 1000,
      description: 'Digits after the point that stay; below zero, places before it: -2 rounds to hundreds.',
    },
    mode: {
      type: 'string',
      options: ROUNDING_MODES,
      default: 'half_up',
      description:
        'Halves go away from zero (`half_up`) or to the even digit (`half_even`); or digits are cut (`truncate`), or rounded down or up (`floor`, `ceiling`).',
    },
  },
  main: 'digits',
  merges: true,
  examples: [
    { step: { round: 2 }, schema: { type: 'number' }, input: 2.675, output: 2.68 },
    { step: { round: { digits: 0, mode: 'half_even' } }, schema: { type: 'number' }, input: 2.5, output: 2 },
    { step: { round: -2 }, schema: { type: 'integer' }, input: 1250, output: 1300 },
  ],
  prepare: ({ digits, mode }, field) => numberStep(field, true, (number) => roundDecimal(number, digits, mode)),
});
