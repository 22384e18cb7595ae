import { openShape } from '../engine/shape.ts';
import { RecordFault, ValueFault } from '../fault.ts';
import { defineRule, type RuleContext } from '../rule.ts';
import { compileWhen } from '../when.ts';

export default defineRule({
  name: 'where',
  summary: 'Lets only those records go on for which a condition holds; the others are dropped and counted.',
  notes: [
    'The condition is an expression, `{ field, equals | in | matches | gt | lt | gte | lte | is_null }`, a list of conditions that must all hold, or `{ all: [...] }`, `{ any: [...] }`, `{ not: ... }`.',
    'A record for which nobody can tell (a null is compared, a text is divided) ends the run, unless `on_error` says otherwise.',
  ],
  setting: { type: ['string', 'object', 'array'], description: 'The condition.' },
  examples: [
    {
      rules: { where: "country == 'GB' and age is not None and age >= 18" },
      schema: {
        type: 'object',
        properties: { country: { type: ['string', 'null'] }, age: { type: ['integer', 'null'] } },
      },
      input: [
        { country: 'GB', age: 18 },
        { country: 'GB', age: null },
        { country: 'FR', age: 40 },
      ],
      output: [{ country: 'GB', age: 18 }],
    },
    {
      rules: { where: [{ field: 'status', in: ['open', ''] }, { not: { field: 'amount', equals: 0 } }] },
      schema: { type: 'object', properties: { status: { type: 'string' }, amount: { type: 'number' } } },
      input: [
        { status: 'open', amount: 0 },
        { status: '', amount: 1.5 },
        { status: 'closed', amount: 1 },
      ],
      output: [{ status: '', amount: 1.5 }],
    },
  ],
  check: (value, context) => void compileWhen(value, openShape(context.stream), context),
  prepare(value, shape, context) {
    const holds = compileWhen(value, shape, context);
    const policy = policyOf(context);
    return {
      shape,
      apply(record) {
        try {
          if (holds(record)) return true;
        } catch (error) {
          if (!(error instanceof ValueFault)) throw error;
          throw new RecordFault({ policy, rule: error.rule, field: undefined, message: `where: ${error.message}` });
        }
        context.count('filtered');
        return false;
      },
    };
  },
});

/** There is no value to put something in place of. */
function policyOf({ defaults: { onError } }: RuleContext): RecordFault['policy'] {
  return onError === undefined || onError === 'null' || onError === 'redact' ? 'fail' : onError;
}
