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
  examples: [{ step: 'title', input: "ada LOVELACE o'neill", output: "Ada Lovelace O'neill" }],
  prepare: (parameters, field) => {
    const { locale } = parameters;
    const change = (text: string): string =>
      text.replaceAll(/\p{L}[\p{L}\p{M}\p{N}'’]*/gu, (word) => {
        const [first = ''] = word;
        return first.toLocaleUpperCase(locale) + word.slice(first.length).toLocaleLowerCase(locale);
      });
    return { schema: changedText(field.schema, { change, lengthens: true, breaksFormat: true }), apply: onText(change) };
  },
});
