import type { Rule } from '../rule.ts';
import aggregate from './aggregate.ts';
import alias from './alias.ts';
import alsoTo from './also_to.ts';
import dedupe from './dedupe.ts';
import drop from './drop.ts';
import explode from './explode.ts';
import fields from './fields.ts';
import keep from './keep.ts';
import keys from './keys.ts';
import rename from './rename.ts';
import set from './set.ts';
import unpivot from './unpivot.ts';
import where from './where.ts';

/** Every rule, in the order in which the rules of a stream run. */
export const rules: readonly Rule[] = [
  where,
  fields,
  set,
  rename,
  drop,
  keep,
  explode,
  unpivot,
  dedupe,
  aggregate,
  keys,
  alsoTo,
  alias,
];
