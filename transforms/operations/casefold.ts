import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'casefold',
  group: 'text',
  summary: 'Makes texts alike that differ in case only, more thoroughly than lower: `Straße` and `STRASSE` become one.',
  parameters: {},
  merges: true,
  examples: [{ step: 'casefold', input: 'Straße', output: 'strasse' }],
  prepare: (_, field) => {
    // The upper case first, which writes out what has no single lower case.
    const change = (text: string): string => text.toUpperCase().toLowerCase();
    return { schema: changedText(field.schema, { change, lengthens: true, breaksFormat: true }), apply: onText(change) };
  },
});
