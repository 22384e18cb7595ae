import { letterCase } from '../letter-case.ts';
import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'upper',
  group: 'text',
  summary: 'Makes all letters of a text upper case.',
  parameters: {
    locale: {
      type: 'string',
      description: 'Language whose rules hold: `tr` makes `i` a dotted `İ`. Default: none.',
      examples: ['tr'],
    },
  },
  main: 'locale',
  merges: true,
  examples: [
    { step: 'upper', input: 'äda', output: 'ÄDA' },
    { step: { upper: 'tr' }, input: 'Iİiı', output: 'IİİI' },
  ],
  prepare: ({ locale }, field) => {
    const letters = letterCase(locale, field);
    const change = (text: string): string => letters.upper(text);
    return { schema: changedText(field.schema, { change, lengthens: true }), apply: onText(change) };
  },
});
