import { firstPoints } from '../code-points.ts';
import { type ByteStep, defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

const QUOTE = 0x22;

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
    return {
      schema: changedText(field.schema, { change, shortens: true, breaksFormat: true }),
      apply: onText(change),
      bytes: cutBytes({ length, kept, ending }),
    };
  },
});

/** The same on bytes: those that begin a character are counted. */
function cutBytes({ ending, kept, length }: { length: number; kept: number; ending: string }): ByteStep {
  const after = Buffer.from(JSON.stringify(ending).slice(1));
  return {
    most: (size) => 1 + size + after.length,
    write(bytes, start, end, out, at) {
      let cut = start;
      let count = 0;
      let place = start;
      for (; place < end; place++) {
        if ((bytes[place]! & 0xc0) === 0x80) continue;
        if (count === kept) cut = place;
        if (count++ === length) break;
      }
      if (place === end) return at;
      out[at++] = QUOTE;
      for (let i = start; i < cut; i++) out[at++] = bytes[i]!;
      for (let i = 0; i < after.length; i++) out[at++] = after[i]!;
      return at;
    },
  };
}
