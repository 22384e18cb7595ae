import { letterCase } from '../letter-case.ts';
import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'lower',
  group: 'text',
  summary: 'Makes all letters of a text lower case.',
  parameters: {
    locale: {
      type: 'string',
      description: 'Language whose rules hold: `tr` makes `I` a dotless `ı`. Default: none.',
      examples: ['tr'],
    },
  },
  main: 'locale',
  merges: true,
  examples: [
    { step: 'lower', input: 'ÄDA', output: 'äda' },
    { step: { lower: 'tr' }, input: 'Iİiı', output: 'ıiiı' },
  ],
  prepare: ({ locale }, field) => {
    const letters = letterCase(locale, field);
    const change = (text: string): string => letters.lower(text);
    return { schema: changedText(field.schema, { change, lengthens: true }), apply: onText(change) };
  },
});
