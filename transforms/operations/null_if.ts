import type { Json } from '../../singer/index.ts';
import { defineOperation } from '../operation.ts';
import { nullable } from '../schemas.ts';

/** Texts that people and programs write where there is nothing. */
const TOKENS = ['', 'NA', 'N/A', 'n/a', 'na', 'null', 'NULL', 'Null', 'None', 'none', 'NaN', 'nan', '-', '–', '#N/A'];

export default defineOperation({
  name: 'null_if',
  group: 'nulls',
  summary: 'Makes null of texts that mean nothing, compared without the blanks around them.',
  notes: [`\`default\` stands for ${TOKENS.map((token) => `\`"${token}"\``).join(', ')}.`],
  parameters: {
    values: {
      type: ['array', 'string'],
      default: 'default',
      description: 'The texts, or the word `default`. A list is compared to the letter.',
      examples: [['', 'unknown']],
    },
  },
  main: 'values',
  examples: [
    { step: 'null_if', input: ' N/A ', output: null },
    { step: { null_if: [''] }, input: 'N/A', output: 'N/A' },
    { step: { null_if: ['unknown'] }, input: 'unknown', output: null },
  ],
  prepare({ values }, field) {
    const given: readonly Json[] = values === 'default' ? TOKENS : typeof values === 'string' ? [values] : values;
    if (field.isKey) field.problem('a key cannot become null');
    const tokens = new Set(given.map((token) => (typeof token === 'string' ? token.trim() : token)));
    return {
      schema: nullable(field.schema),
      apply: (value) => (typeof value === 'string' && tokens.has(value.trim()) ? null : value),
    };
  },
});
