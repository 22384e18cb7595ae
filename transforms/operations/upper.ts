import { defineOperation } from '../operation.ts';

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
  examples: [{ step: 'upper', input: 'äda', output: 'ÄDA' }],
  prepare: ({ locale }, { schema }) => ({
    schema,
    apply: (value) =>
      typeof value !== 'string' ? value : locale === undefined ? value.toUpperCase() : value.toLocaleUpperCase(locale),
  }),
});
