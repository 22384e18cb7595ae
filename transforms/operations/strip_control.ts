import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'strip_control',
  group: 'text',
  summary: 'Takes control characters away, NUL among them; tabs and line breaks stay unless told otherwise.',
  parameters: {
    line_breaks: { type: 'boolean', default: false, description: 'Take tabs and line breaks away, too.' },
  },
  examples: [
    { step: 'strip_control', input: 'a\u0000b\u007F\nc', output: 'ab\nc' },
    { step: { strip_control: { line_breaks: true } }, input: 'a\tb\nc', output: 'abc' },
  ],
  prepare: (parameters, field) => {
    const pattern = parameters.line_breaks ? /\p{Cc}/gu : /(?![\t\n\r])\p{Cc}/gu;
    const change = (text: string): string => text.replaceAll(pattern, '');
    return { schema: changedText(field.schema, { change, shortens: true }), apply: onText(change) };
  },
});
