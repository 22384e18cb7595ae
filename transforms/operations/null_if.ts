import type { Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { nullable } from '../schemas.ts';

/** Texts that people and programs write where there is nothing. */
const TOKENS = ['', 'NA', 'N/A', 'n/a', 'na', 'null', 'NULL', 'Null', 'None', 'none', 'NaN', 'nan', '-', '–', '#N/A'];

export default defineOperation({
  name: 'null_if',
  group: 'nulls',
  summary: 'Makes null of texts that mean nothing, compared without the blanks around them.',
  notes: [
    'A key does not become null: the value is refused.',
    `\`default\` stands for ${TOKENS.map((token) => `\`"${token}"\``).join(', ')}.`,
  ],
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
    const tokens = new Set(given.map((token) => (typeof token === 'string' ? token.trim() : token)));
    return {
      schema: field.isKey ? field.schema : nullable(field.schema),
      apply(value) {
        if (typeof value !== 'string' || !tokens.has(value.trim())) return value;
        if (field.isKey) throw new ValueFault('key-missing', 'a key must have a value');
        return null;
      },
    };
  },
});
