import type { Json, JsonSchema } from '../../singer/index.ts';
import { defineOperation, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'replace',
  group: 'privacy',
  summary: 'Puts a constant of your own in place of the value, or one text in place of another wherever that stands in it.',
  notes: [
    'With `with` it hides the value; a field that is null stays null. A key cannot be replaced: all rows would have the same one.',
    'With `from` and `to` it only cleans: what stands around `from` is kept, and what is no text is left as it is.',
  ],
  parameters: {
    with: {
      type: ['string', 'number', 'boolean'],
      description: 'What stands there instead of the value. The field has the type of this constant afterwards.',
    },
    from: { type: 'string', description: 'The text to be replaced, every time it stands there. No pattern.' },
    to: { type: 'string', default: '', description: 'What stands there instead of `from`; nothing unless set.' },
  },
  main: 'with',
  privacy: 'removed',
  merges: true,
  examples: [
    { step: { replace: 'somebody' }, input: 'Ada', output: 'somebody' },
    { step: { replace: { with: 99 } }, schema: { type: ['string', 'null'], format: 'date' }, input: '1815-12-10', output: 99 },
    { step: { replace: { from: '-', to: ' ' } }, input: '2026-01-02', output: '2026 01 02' },
  ],
  prepare({ from, to, with: constant }, field): Step {
    const { schema } = field;
    if ((from === undefined) === (constant === undefined)) field.problem('must say either with, or from and to');
    if (from === '') field.problem('must not be empty', 'from');
    if (from !== undefined) {
      const replaced = schemaLike(schema, 'string');
      const apply = (value: Json | undefined): Json | undefined =>
        typeof value === 'string' ? value.replaceAll(from, () => to) : value;
      return { clear: true, schema: isPlainText(schema) ? replaced : { anyOf: [schema, replaced] }, apply };
    }
    const type = typeof constant === 'number' ? (Number.isInteger(constant) ? 'integer' : 'number') : typeof constant;
    return { schema: schemaLike(schema, type as 'string' | 'boolean' | 'integer' | 'number'), apply: () => constant };
  },
});

/** Of a schema that allows nothing but text, the limits go: the new text may break them. */
function isPlainText({ type }: JsonSchema): boolean {
  return [type].flat().every((one) => one === 'string' || one === 'null');
}
