import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';
import { isUtf8 } from 'node:buffer';

/** Characters of Windows-1252 whose byte is another than their number in Unicode, by character. */
const WINDOWS = new Map(
  Array.from('€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ')
    .map((character, index): [string, number] => [character, 0x80 + index])
    .filter(([character]) => character !== ' '),
);

export default defineOperation({
  name: 'fix_mojibake',
  group: 'text',
  summary: 'Mends texts whose UTF-8 was read as Latin-1 or Windows-1252: `MÃ¼ller` becomes `Müller`.',
  notes: [
    'A text is changed only if all of it, read as bytes, is valid UTF-8. A text that only looks like it is changed, too: use it for fields that are known to be broken.',
  ],
  parameters: {},
  examples: [
    { step: 'fix_mojibake', input: 'MÃ¼ller', output: 'Müller' },
    { step: 'fix_mojibake', input: 'Müller', output: 'Müller' },
    { step: 'fix_mojibake', input: 'â‚¬ 5', output: '€ 5' },
  ],
  prepare: (_, field) => {
    const change = (text: string): string => {
      // Nothing to mend without the lead byte of a sequence and one that follows it.
      if (!/[\u00C2-\u00F4]/.test(text)) return text;
      const bytes: number[] = [];
      for (const character of text) {
        const byte = WINDOWS.get(character) ?? character.codePointAt(0)!;
        if (byte > 0xff) return text;
        bytes.push(byte);
      }
      const buffer = Buffer.from(bytes);
      return isUtf8(buffer) ? buffer.toString('utf8') : text;
    };
    return { schema: changedText(field.schema, { change, shortens: true, breaksFormat: true }), apply: onText(change) };
  },
});
