import type { FlattenOptions } from '../../singer/index.ts';
import { prepareFlatten } from '../flattening.ts';
import type { Rule } from '../rule.ts';

/** The rule that makes properties of the members of nested objects: `flattening_enabled`. */
export function flattenRule(options: FlattenOptions): Rule {
  return {
    name: 'flattening',
    summary: 'Makes properties of the members of nested objects.',
    setting: { type: 'boolean', description: 'Always true.' },
    examples: [],
    prepare: (_, shape, context) => prepareFlatten(options, shape, context),
  };
}
