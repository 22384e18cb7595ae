import { isJsonObject, type Json, type Settings } from '../../singer/index.ts';
import { COMMON_CHECK_PARAMETERS, type ValueCheck } from '../check.ts';
import { commonOf } from '../checks/call.ts';
import type { Judge } from '../checks/judge.ts';
import { parametersIn } from '../checks/parameters.ts';
import { valueChecks } from '../checks/value-checks.ts';
import { defineOperation } from '../operation.ts';

/** Each check by its name: a bare value, or its own parameters. */
const CHECKS: Settings = Object.fromEntries(
  valueChecks.map(({ name, summary }) => [
    name,
    { type: ['string', 'number', 'boolean', 'array', 'object'], description: summary, examples: exampleOf(name) },
  ]),
);

export default defineOperation({
  name: 'check',
  group: 'values',
  summary: 'Puts checks to the value and changes nothing. Null and absent values are not asked, but by `not_null`.',
  notes: [
    'What it finds is in the report of the checks; see the rule `checks`, which has the same checks and those of whole records.',
  ],
  parameters: { ...CHECKS, severity: COMMON_CHECK_PARAMETERS.severity, threshold: COMMON_CHECK_PARAMETERS.threshold },
  takesNull: true,
  takesAbsent: true,
  examples: [
    { step: { check: { between: [0, 24] } }, schema: { type: 'number' }, input: 7.5, output: 7.5 },
    { step: { check: { between: [0, 24] } }, schema: { type: 'number' }, input: 30 },
    { step: { check: { gt: 0, severity: 'warn' } }, schema: { type: 'number' }, input: 0, output: 0 },
    { step: { check: { regex: { pattern: '[A-Z]{2}', full_match: true } } }, input: 'GBR' },
  ],
  prepare({ severity: _, threshold: __, ...given }, field) {
    const asked = given as Readonly<Record<string, Json>>;
    const common = commonOf(commonIn({ severity: _, threshold: __ }), 'record', (message, at) => field.problem(message, at));
    const tests = valueChecks.flatMap((check) => {
      const value = asked[check.name];
      if (value === undefined || common === undefined) return [];
      const holds = testOf(check, value, field.schema, (message, at = '') =>
        field.problem(message, at === '' ? check.name : `${check.name}.${at}`),
      );
      return holds === undefined ? [] : [{ holds, judge: field.judge(check.name, common), takesNull: check.takesNull === true }];
    });
    if (tests.length === 0) field.problem('must name a check');
    let count = 0;
    return {
      schema: field.schema,
      apply(value) {
        count++;
        for (const { holds, judge, takesNull } of tests) ask(value ?? null, { holds, judge, takesNull, count });
        return value;
      },
    };
  },
});

function ask(value: Json, o: { holds: (value: Json) => boolean; judge: Judge; takesNull: boolean; count: number }): void {
  if (value === null && !o.takesNull) return;
  if (o.holds(value)) o.judge.pass();
  else o.judge.break(o.count, undefined);
}

function testOf(
  check: ValueCheck,
  given: Json,
  schema: Parameters<ValueCheck['prepare']>[1],
  problem: (message: string, at?: string) => void,
): ((value: Json) => boolean) | undefined {
  // `{ not_null: true }`: there is nothing more to say.
  const own = isJsonObject(given) || check.main !== undefined ? given : {};
  const parameters = parametersIn(check, own, problem);
  return parameters === undefined ? undefined : check.prepare(parameters as never, schema, problem);
}

function commonIn(given: object): Record<string, Json> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<string, Json>;
}

function exampleOf(name: string): Json[] {
  return { between: [[0, 24]], gt: [0], lt: [100], in_set: [['open', 'closed']] }[name] ?? [];
}
