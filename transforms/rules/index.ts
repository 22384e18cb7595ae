import type { Rule } from '../rule.ts';
import aggregate from './aggregate.ts';
import alias from './alias.ts';
import alsoTo from './also_to.ts';
import checks from './checks.ts';
import concat from './concat.ts';
import dedupe from './dedupe.ts';
import drop from './drop.ts';
import erase from './erase.ts';
import explode from './explode.ts';
import fields from './fields.ts';
import flatten from './flatten.ts';
import jsonSchema from './json_schema.ts';
import keep from './keep.ts';
import keys from './keys.ts';
import limit from './limit.ts';
import move from './move.ts';
import pack from './pack.ts';
import parseJson from './parse_json.ts';
import rename from './rename.ts';
import sample from './sample.ts';
import set from './set.ts';
import split from './split.ts';
import toJson from './to_json.ts';
import unlisted from './unlisted.ts';
import unpivot from './unpivot.ts';
import where from './where.ts';

/** Every rule, in the order in which the rules of a stream run. */
export const rules: readonly Rule[] = [
  parseJson,
  where,
  sample,
  limit,
  fields,
  split,
  concat,
  set,
  erase,
  checks,
  jsonSchema,
  rename,
  move,
  drop,
  keep,
  unlisted,
  explode,
  pack,
  unpivot,
  dedupe,
  aggregate,
  keys,
  flatten,
  toJson,
  alsoTo,
  alias,
];
