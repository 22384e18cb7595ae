import { type Json, isJsonObject } from '../singer/index.ts';
import type { Fields } from './operation.ts';
import type { RuleContext, Shape } from './rule.ts';

/** Compiles a condition: an expression, a condition on one field, or a list of conditions that must all hold. */
export function compileWhen(given: Json, shape: Shape, context: RuleContext): (record: Fields) => boolean {
  if (Array.isArray(given)) {
    const all = given.map((condition: Json) => compileWhen(condition, shape, context));
    return (record) => all.every((condition) => condition(record));
  }
  if (!isJsonObject(given)) context.problem('must be an expression, a condition, or a list of conditions');
  return () => false;
}
