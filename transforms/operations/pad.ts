import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'pad',
  group: 'text',
  summary: 'Fills a text up to a number of characters.',
  parameters: {
    length: { type: 'integer', required: true, minimum: 0, description: 'Characters that it has at least.' },
    with: { type: 'string', default: ' ', description: 'What it is filled with: one character.' },
    side: { type: 'string', options: ['start', 'end'], default: 'start', description: 'Where it is filled.' },
  },
  main: 'length',
  merges: true,
  examples: [{ step: { pad: { length: 5, with: '0' } }, input: '42', output: '00042' }],
  prepare: (parameters, field) => {
    const { length, side, with: filler } = parameters;
    if (Array.from(filler).length !== 1) field.problem('must be one character', 'with');
    const change = (text: string): string => {
      const fill = filler.repeat(Math.max(0, length - Array.from(text).length));
      return side === 'start' ? fill + text : text + fill;
    };
    return { schema: changedText(field.schema, { change, lengthens: true, breaksFormat: true }), apply: onText(change) };
  },
});
