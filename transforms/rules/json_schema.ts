import { checkCallOf } from '../checks/call.ts';
import type { Json } from '../../singer/index.ts';
import { openShape } from '../engine/shape.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';
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
  check: (value, context) => void prepareSchema(value, openShape(context.stream), context),
  prepare: prepareSchema,
});

function prepareSchema(value: Json, shape: Shape, given: RuleContext): PreparedRule {
  // The rule and the check have one name: it stands in the config once.
  const context = {
    ...given,
    problem: (message: string, at?: string) => given.problem(message, at?.replace(/^json_schema\.?/, '')),
  };
  const call = checkCallOf({ json_schema: value }, context.problem);
  return prepareChecks(call === undefined ? [] : [{ ...call, at: '' }], shape, context);
}
