import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'uuid',
  group: 'codes',
  summary: 'Checks a UUID and writes it in its usual form: lower case, with hyphens, without braces or `urn:uuid:`.',
  parameters: {},
  examples: [
    { step: 'uuid', input: '{6BA7B8109DAD11D180B400C04FD430C8}', output: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
    { step: 'uuid', input: '6ba7b810' },
  ],
  prepare: (_, field) => ({
    schema: schemaLike(field.schema, 'string', { format: 'uuid' }),
    apply: (value) => {
      const digits =
        typeof value === 'string'
          ? value
              .trim()
              .replace(/^urn:uuid:/i, '')
              .replaceAll(/[-{}]/g, '')
              .toLowerCase()
          : '';
      if (!/^[\da-f]{32}$/.test(digits)) throw new ValueFault('uuid', 'the value is no UUID');
      return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
    },
  }),
});
