import { firstPoints } from '../code-points.ts';
import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'truncate',
  group: 'text',
  summary: 'Cuts a text to a number of characters.',
  parameters: {
    length: { type: 'integer', required: true, minimum: 0, description: 'Characters (Unicode code points) that stay at most.' },
    suffix: { type: 'string', default: '', description: 'Ends a text that was cut, within the length.' },
  },
  main: 'length',
  merges: true,
  examples: [
    { step: { truncate: 3 }, input: 'a😀bc', output: 'a😀b' },
    { step: { truncate: { length: 5, suffix: '…' } }, input: 'Lovelace', output: 'Love…' },
  ],
  prepare: (parameters, field) => {
    const { length, suffix } = parameters;
    const ending = Array.from(suffix).slice(0, length).join('');
    const kept = length - Array.from(ending).length;
    const change = (text: string): string => {
      // A text of so few units has no more characters.
      if (text.length <= length) return text;
      return firstPoints(text, length).length === text.length ? text : firstPoints(text, kept) + ending;
    };
    return { schema: changedText(field.schema, { change, shortens: true, breaksFormat: true }), apply: onText(change) };
  },
});
