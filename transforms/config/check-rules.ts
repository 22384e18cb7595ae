import type { Problem } from '../../singer/index.ts';
import { quietOptions } from '../engine/quiet.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import { openShape } from '../engine/shape.ts';
import { contextOf } from '../engine/way.ts';

/** Puts into `problems` what is wrong with rules whatever the fields of their streams are: what can be told before any SCHEMA. */
export async function checkRules(rules: RuleSet, problems: Problem[]): Promise<void> {
  const options = quietOptions(rules);
  const found = { problems, options, later: new Set<string>(), laterKeys: undefined, laterNames: new Map<string, string>() };
  for (const { stream, rules: said } of rules.layers.flatMap(({ entries }) => entries)) {
    if (said.kind === 'removed') continue;
    const from = openShape(stream);
    for (const call of said.calls) call.rule.check?.(call.value, contextOf(call, { ...found, from, rules: said }));
  }
  await options.close();
}
