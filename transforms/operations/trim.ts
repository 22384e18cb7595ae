import { defineOperation } from '../operation.ts';

/** All white space of Unicode, zero-width characters and the byte order mark, at both ends. */
const ENDS = /^[\s\u200B-\u200D\u2060\uFEFF]+|[\s\u200B-\u200D\u2060\uFEFF]+$/gu;

export default defineOperation({
  name: 'trim',
  group: 'text',
  summary: 'Takes white space away from both ends of a text, zero-width characters and byte order marks too.',
  parameters: {},
  examples: [
    { step: 'trim', input: ' \u00A0Ada\u200B ', output: 'Ada' },
    { step: 'trim', input: null, output: null },
  ],
  prepare: (_, { schema }) => ({
    schema,
    apply: (value) => (typeof value === 'string' ? value.replaceAll(ENDS, '') : value),
  }),
});
