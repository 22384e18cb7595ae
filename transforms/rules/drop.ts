import { recordPolicy } from '../fault.ts';
import { globOf, splitPatterns } from '../path.ts';
import { emptyPlan, plan, planApply, planShape } from '../plan.ts';
import { membersAt, namesIn, refuseLostKeys } from '../places.ts';
import { defineRule } from '../rule.ts';

export default defineRule({
  name: 'drop',
  summary: 'Takes fields away, nested ones too.',
  notes: [
    'A pattern such as `*_secret` also takes away fields of a record that its schema does not name.',
    'A key property is refused unless `keys` says what takes its place. A record in which another kind of value stands where a path goes on is put aside: nobody can tell what is in it.',
  ],
  setting: {
    type: ['array', 'string'],
    description: 'Names, paths and patterns.',
    items: { type: 'string', description: 'A field.' },
  },
  examples: [
    {
      rules: { drop: ['notes', 'address.street', '*_raw'] },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          notes: { type: 'string' },
          name_raw: { type: 'string' },
          address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
        },
      },
      keys: ['id'],
      input: [{ id: 1, notes: 'x', name_raw: 'y', address: { street: 'High St', city: 'Oslo' } }],
      output: [{ id: 1, address: { city: 'Oslo' } }],
    },
  ],
  prepare(value, shape, context) {
    const patterns = namesIn(value);
    const places = membersAt(patterns, shape, context);
    const root = emptyPlan(false);
    for (const place of places) plan(root, place, undefined);
    const gone = places.filter(({ steps }) => steps.length === 0).map(({ name }) => name);
    refuseLostKeys(shape, gone, context);
    const apply = planApply(root, recordPolicy(context.defaults.onError));
    const globs = patterns
      .flatMap(splitPatterns)
      .filter((pattern) => pattern.includes('*') && !/[.[]/.test(pattern))
      .map(globOf);
    return {
      shape: planShape(shape, root, () => undefined),
      hides: places.map(({ name }) => name),
      apply(record, emit) {
        if (globs.length > 0) record.filter((name) => !globs.some((glob) => glob.test(name)));
        return apply(record, emit);
      },
    };
  },
});
