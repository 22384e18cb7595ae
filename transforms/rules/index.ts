import type { Rule } from '../rule.ts';
import fields from './fields.ts';

/** Every rule, in the order in which the rules of a stream run. */
export const rules: readonly Rule[] = [fields];
