import { type Json } from '../../singer/index.ts';
import type { RecordCheck, StreamCheck } from '../check.ts';
import { checkCallOf, type CheckCall } from '../checks/call.ts';
import { checks } from '../checks/index.ts';
import type { Judge } from '../checks/judge.ts';
import { within } from '../context.ts';
import { openShape } from '../engine/shape.ts';
import { ValueFault } from '../fault.ts';
import type { RecordView } from '../record.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';
import { compileWhen, type Condition } from '../when.ts';

export default defineRule({
  name: 'checks',
  summary: 'Checks of the data: what breaks one is told, put aside, left out, or ends the run. None changes a value.',
  notes: [
    'Each item names one check: `{ "unique": ["id"] }`, `{ "between": { "field": "hours", "range": [0, 24] } }`. Beside it or within it stand `severity` (warn, quarantine, drop, fail) and `threshold` (`10` or `1%`). Without a severity a record that breaks a check is put aside, and a check of the stream as a whole ends the run.',
    'A `fail` ends the run with exit code 3. All that came before the record has been sent on by then; checks of the whole stream, and thresholds in percent, speak at the end, when all has been sent. No STATE leaves after it.',
    'The report (setting `report`) says of each check what it has found. It names records by their number in the stream, never by a value.',
    ...checks.map(({ name, summary }) => `\`${name}\`: ${summary}`),
  ],
  setting: {
    type: 'array',
    description: 'The checks, in order. A record that one of them keeps back does not come to the next.',
    items: { type: 'object', description: 'One check: its name with its parameters, `severity`, `threshold`.' },
  },
  examples: checks.flatMap(({ examples }) => examples),
  watches: (value) =>
    itemsOf(value).flatMap((item) => {
      const call = checkCallOf(item, () => undefined);
      return call?.check.watches?.(call.parameters as never) ?? [];
    }),
  check: (value, context) => void prepareItems(value, openShape(context.stream), context),
  prepare: prepareItems,
});

function prepareItems(value: Json, shape: Shape, context: RuleContext): PreparedRule {
  const calls = itemsOf(value).flatMap((item, index) => {
    const at = `[${index}]`;
    const own = within(context, at);
    const call = checkCallOf(item, (message, below) => own.problem(message, below));
    return call === undefined ? [] : [{ ...call, at }];
  });
  return prepareChecks(calls, shape, context);
}

function itemsOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

interface Judged<C> {
  readonly check: C;
  readonly judge: Judge;
  /** Whether it is for a record at all. Throws ValueFault. */
  readonly asked: Condition;
}

const always: Condition = () => true;

/** A rule of some checks. `at` is where each stands below the rule. */
export function prepareChecks(
  calls: readonly (CheckCall & { readonly at: string })[],
  shape: Shape,
  context: RuleContext,
): PreparedRule {
  const ofRecords: Judged<RecordCheck>[] = [];
  const ofStream: Judged<StreamCheck>[] = [];
  const keep = <T>(name: string, make: () => T): T => context.shared(JSON.stringify([context.path, context.stream, name]), make);
  for (const { at, check, parameters, severity, threshold, when } of calls) {
    const own = within(context, at);
    const asked = when === undefined ? always : compileWhen(when, shape, within(own, 'when'));
    const prepared = check.prepare(parameters as never, shape, {
      ...within(own, check.name),
      keep: (name, make) => keep(`${at} ${name}`, make),
    });
    for (const each of prepared) {
      const about = { stream: context.stream, check: check.name, field: each.field, path: own.path, severity, threshold };
      const judge = context.quality.judge(about);
      if (each.kind === 'record') ofRecords.push({ check: each, judge, asked });
      else {
        judge.verdict = () => each.verdict();
        ofStream.push({ check: each, judge, asked });
      }
    }
  }
  const seen = keep('records', () => ({ count: 0 }));
  return {
    shape,
    apply(record) {
      seen.count++;
      for (const judged of ofRecords) ask(judged, record, seen.count);
      for (const { asked, check, judge } of ofStream) if (isAsked(asked, judge, record, seen.count)) check.see(record);
      return true;
    },
  };
}

function ask({ asked, check, judge }: Judged<RecordCheck>, record: RecordView, number: number): void {
  if (!isAsked(asked, judge, record, number)) return;
  const answer = check.passes(record);
  if (answer === true) judge.pass();
  else if (answer === undefined) judge.unjudged();
  else judge.break(number, answer === false ? undefined : answer);
}

/** A record for which nobody can tell has not passed. */
function isAsked(asked: Condition, judge: Judge, record: RecordView, number: number): boolean {
  try {
    return asked(record);
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    judge.break(number, { field: undefined, message: `when: ${error.message}` });
    return false;
  }
}
