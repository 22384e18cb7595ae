import { defineOperation } from '../operation.ts';

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
  examples: [{ step: 'lower', input: 'ÄDA', output: 'äda' }],
  prepare: ({ locale }, { schema }) => ({
    schema,
    apply: (value) =>
      typeof value !== 'string' ? value : locale === undefined ? value.toLowerCase() : value.toLocaleLowerCase(locale),
  }),
});
