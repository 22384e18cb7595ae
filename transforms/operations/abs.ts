import { numberStep } from '../numbers/field.ts';
import { defineOperation } from '../operation.ts';

export default defineOperation({
  name: 'abs',
  group: 'numbers',
  summary: 'Takes the minus sign from numbers.',
  parameters: {},
  merges: true,
  examples: [{ step: 'abs', schema: { type: 'number' }, input: -1.5, output: 1.5 }],
  prepare: (_, field) => numberStep(field, true, (number) => (number.isNegative ? { ...number, isNegative: false } : number)),
});
