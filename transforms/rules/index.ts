import { byName } from '../named.ts';
import type { Rule } from '../rule.ts';

/** Every rule, in the order in which the rules of a stream run. */
export const rules = byName<Rule>({
  parse_json: () => import('./parse_json.ts'),
  where: () => import('./where.ts'),
  sample: () => import('./sample.ts'),
  limit: () => import('./limit.ts'),
  fields: () => import('./fields.ts'),
  split: () => import('./split.ts'),
  concat: () => import('./concat.ts'),
  set: () => import('./set.ts'),
  erase: () => import('./erase.ts'),
  checks: () => import('./checks.ts'),
  json_schema: () => import('./json_schema.ts'),
  rename: () => import('./rename.ts'),
  move: () => import('./move.ts'),
  drop: () => import('./drop.ts'),
  keep: () => import('./keep.ts'),
  unlisted: () => import('./unlisted.ts'),
  explode: () => import('./explode.ts'),
  pack: () => import('./pack.ts'),
  unpivot: () => import('./unpivot.ts'),
  dedupe: () => import('./dedupe.ts'),
  aggregate: () => import('./aggregate.ts'),
  keys: () => import('./keys.ts'),
  flatten: () => import('./flatten.ts'),
  to_json: () => import('./to_json.ts'),
  also_to: () => import('./also_to.ts'),
  alias: () => import('./alias.ts'),
});
