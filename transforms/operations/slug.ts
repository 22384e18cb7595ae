import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'slug',
  group: 'text',
  summary: 'Makes a text fit for names and addresses: lower case letters and digits of ASCII, joined by hyphens.',
  notes: ['Letters of other scripts are left out: a text of nothing else becomes empty.'],
  parameters: {
    separator: { type: 'string', default: '-', description: 'What joins the words.' },
  },
  main: 'separator',
  merges: true,
  examples: [{ step: 'slug', input: ' Crème Brûlée, 2. Gang! ', output: 'creme-brulee-2-gang' }],
  prepare: (parameters, field) => {
    const { separator } = parameters;
    const change = (text: string): string =>
      text
        .normalize('NFKD')
        .replaceAll(/\p{M}/gu, '')
        .toLowerCase()
        .split(/[^a-z\d]+/)
        .filter((word) => word !== '')
        .join(separator);
    return {
      schema: changedText(field.schema, { change, shortens: true, lengthens: true, breaksFormat: true }),
      apply: onText(change),
    };
  },
});
