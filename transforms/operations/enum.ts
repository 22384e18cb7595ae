import type { Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { textOf } from '../record.ts';
import { isNullable } from '../schemas.ts';

export default defineOperation({
  name: 'enum',
  group: 'values',
  summary: 'Lets only certain values pass.',
  parameters: {
    values: { type: 'array', required: true, description: 'The values.', examples: [['open', 'closed']] },
    ignore_case: { type: 'boolean', default: false, description: 'Take texts in any case, and write them as in the list.' },
  },
  main: 'values',
  examples: [
    { step: { enum: ['open', 'closed'] }, input: 'open', output: 'open' },
    { step: { enum: { values: ['Open', 'Closed'], ignore_case: true } }, input: 'OPEN', output: 'Open' },
    { step: { enum: ['open', 'closed'] }, input: 'ajar' },
  ],
  prepare({ ignore_case, values }, field) {
    const allowed: readonly Json[] = values;
    const fold = (value: Json): string => `${typeof value}:${ignore_case ? textOf(value).toLowerCase() : textOf(value)}`;
    const byText = new Map(allowed.map((value) => [fold(value), value]));
    const listed = isNullable(field.schema) ? [...allowed.filter((value) => value !== null), null] : allowed;
    return {
      schema: { ...field.schema, enum: listed },
      apply: (value) => {
        const found = byText.get(fold(value!));
        if (found === undefined) throw new ValueFault('enum', unlisted(allowed.length));
        return found;
      },
    };
  },
});

function unlisted(count: number): string {
  return `the value is none of the ${count} that may stand here`;
}
