import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

/** All white space of Unicode, zero-width characters and the byte order mark. */
const START = /^[\s\u200B-\u200D\u2060\uFEFF]+/u;
/** The look-behind keeps a long run of blanks within a text from being tried at each of its places. */
const END = /(?<![\s\u200B-\u200D\u2060\uFEFF])[\s\u200B-\u200D\u2060\uFEFF]+$/u;

export default defineOperation({
  name: 'trim',
  group: 'text',
  summary: 'Takes white space away from both ends of a text, zero-width characters and byte order marks too.',
  parameters: {},
  examples: [
    { step: 'trim', input: ' \u00A0Ada\u200B ', output: 'Ada' },
    { step: 'trim', input: null, output: null },
  ],
  prepare: (_, field) => {
    const change = (text: string): string => text.replace(START, '').replace(END, '');
    return { schema: changedText(field.schema, { change, shortens: true }), apply: onText(change) };
  },
});
