import { defineOperation } from '../operation.ts';
import { compileRegex } from '../regex.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'regex_replace',
  group: 'text',
  summary: 'Replaces what a regular expression matches.',
  parameters: {
    pattern: { type: 'string', required: true, description: 'A JavaScript regular expression.', examples: ['[^0-9]'] },
    to: { type: 'string', default: '', description: 'What stands in its place; `$1` is the first group, `$<name>` a named one.' },
    flags: {
      type: 'string',
      default: 'g',
      description: 'Flags of the expression: `g` all matches, `i` any case, `s` dot matches line breaks.',
    },
  },
  main: 'pattern',
  merges: true,
  examples: [
    { step: { regex_replace: { pattern: '[^0-9]' } }, input: '+44 (0)1632', output: '4401632' },
    { step: { regex_replace: { pattern: '(\\d+)-(\\d+)', to: '$2-$1' } }, input: '10-12', output: '12-10' },
  ],
  prepare({ flags, pattern, to }, field) {
    const regex = compileRegex(pattern, flags, (message) => field.problem(message, 'pattern'));
    const change = (text: string): string => text.replace(regex, to);
    return {
      schema: changedText(field.schema, { change, shortens: true, lengthens: true, breaksFormat: true }),
      apply: onText(change),
    };
  },
});
