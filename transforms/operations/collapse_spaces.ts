import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'collapse_spaces',
  group: 'text',
  summary: 'Makes one plain space of every run of white space, line breaks too, and trims.',
  parameters: {},
  examples: [{ step: 'collapse_spaces', input: ' Ada \t\u00A0 Lovelace\n', output: 'Ada Lovelace' }],
  prepare: (_, field) => {
    const change = (text: string): string =>
      text
        .replaceAll(/[\s\u200B-\u200D\u2060\uFEFF]+/gu, ' ')
        .replace(/^ /, '')
        .replace(/ $/, '');
    return { schema: changedText(field.schema, { change, shortens: true }), apply: onText(change) };
  },
});
