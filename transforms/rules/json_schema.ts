import { checkCallOf } from '../checks/call.ts';
import { defineRule } from '../rule.ts';
import { prepareChecks } from './checks.ts';

export default defineRule({
  name: 'json_schema',
  summary: 'Puts aside records that are not valid by a JSON schema in a file. The SCHEMA that is sent stays as it is.',
  notes: ['It is the check `json_schema` by itself, which also takes the schema in place of a file: see `checks`.'],
  setting: {
    type: ['string', 'object'],
    description: 'The file; or `{file}` with `severity` and `threshold`.',
  },
  examples: [
    {
      rules: { json_schema: { schema: { required: ['id'], properties: { id: { type: 'integer' } } }, severity: 'drop' } },
      schema: { type: 'object', properties: { id: { type: ['integer', 'null'] } } },
      input: [{ id: 1 }, { id: null }, {}],
      output: [{ id: 1 }],
    },
  ],
  prepare(value, shape, context) {
    const call = checkCallOf({ json_schema: value }, (message, at) =>
      context.problem(message, at?.replace(/^json_schema\.?/, '')),
    );
    return prepareChecks(call === undefined ? [] : [{ ...call, at: '' }], shape, context);
  },
});
