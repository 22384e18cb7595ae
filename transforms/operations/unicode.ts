import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'unicode',
  group: 'text',
  summary: 'Writes a text in a normal form of Unicode, so that texts that look alike are alike.',
  parameters: {
    form: {
      type: 'string',
      options: ['NFC', 'NFD', 'NFKC', 'NFKD'],
      default: 'NFC',
      description:
        'NFC composes letters and accents; NFKC also makes plain characters of full-width, superscript and ligature ones.',
    },
  },
  main: 'form',
  examples: [
    { step: 'unicode', input: 'e\u0301', output: 'é' },
    { step: { unicode: 'NFKC' }, input: 'ﬁ①', output: 'fi1' },
  ],
  prepare: (parameters, field) => {
    const change = (text: string): string => text.normalize(parameters.form);
    return { schema: changedText(field.schema, { change, shortens: true, lengthens: true }), apply: onText(change) };
  },
});
