import type { Json } from '../singer/index.ts';
import type { RuleContext } from './rule.ts';

/** The path of a part: `transforms.s.fields` and `[0].mask` are `transforms.s.fields[0].mask`. */
export function pathBelow(path: string, at: string): string {
  if (path === '' || at === '') return path + at;
  return at.startsWith('[') ? `${path}${at}` : `${path}.${at}`;
}

/** The context of a part of what a rule is told: its problems are told with the path of that part. */
export function within(context: RuleContext, at: string): RuleContext {
  return {
    ...context,
    path: pathBelow(context.path, at),
    problem: (message, below = '') => context.problem(message, pathBelow(at, below)),
  };
}

/** What a rule is told that takes one part or a list of them: each part, checked by the rule's setting, with its context. */
export function partsOf<Part>(value: Json, context: RuleContext): (readonly [Part, RuleContext])[] {
  if (!Array.isArray(value)) return [[value as Part, context]];
  return (value as readonly Json[]).map((part, index) => [part as Part, within(context, `[${index}]`)]);
}
