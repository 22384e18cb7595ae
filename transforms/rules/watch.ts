import type { Rule, Watch } from '../rule.ts';

/** A rule that a watched stream has beside its own: it looks at each record and changes nothing. Not for configs. */
export function watchRule(watch: Watch): Rule {
  return {
    name: 'watch',
    summary: 'Looks at the records for a rule of another stream.',
    setting: { type: 'boolean', description: 'Always true.' },
    examples: [],
    prepare(_, shape, context) {
      const look = watch.prepare(shape, context);
      return {
        shape,
        apply(record) {
          look(record);
          return true;
        },
      };
    },
  };
}
