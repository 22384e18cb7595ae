import { letterCase } from '../letter-case.ts';
import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'title',
  group: 'text',
  summary: 'Begins every word with a capital letter and makes the rest lower case.',
  parameters: {
    locale: { type: 'string', description: 'Language whose rules hold. Default: none.', examples: ['tr'] },
  },
  main: 'locale',
  merges: true,
  examples: [{ step: 'title', input: "ada LOVELACE o'neill", output: "Ada Lovelace O'neill" }],
  prepare: ({ locale }, field) => {
    const letters = letterCase(locale, field);
    const change = (text: string): string =>
      text.replaceAll(/\p{L}[\p{L}\p{M}\p{N}'’]*/gu, (word) => {
        const [first = ''] = word;
        return letters.upper(first) + letters.lower(word.slice(first.length));
      });
    return { schema: changedText(field.schema, { change, lengthens: true, breaksFormat: true }), apply: onText(change) };
  },
});
