import { InputError, type Answer, type Ask, type Destination, type Run, type TargetRun } from '../../singer/index.ts';
import { planAnswer, type StreamPlan } from './answer.ts';
import { connectDestination } from './destination.ts';
import type { OpenConfig } from './open.ts';
import type { TargetConfig } from './settings.ts';

/** What a cut input says at its end: the plan of what came is worth having all the same. */
const CUT: ReadonlySet<string> = new Set(['input-cut', 'input-unfinished']);

/** `--plan`: what a load of the input would do to each table, as SQL. Writes nothing. */
export async function plan(config: TargetConfig, run: Run, { format, rehearse }: Ask): Promise<Answer> {
  const destination = await connectDestination(config, targetRun(run));
  const plans: StreamPlan[] = [];
  const planner: Destination<OpenConfig> = {
    async openStream(header, options) {
      const encoder = await destination.openStream(header, options);
      plans.push(await destination.explain(header));
      return encoder;
    },
    load: () => Promise.resolve('committed'),
    finish: () => Promise.resolve(),
    close: () => destination.close(),
  };
  try {
    await rehearse(planner);
  } catch (error) {
    if (!(error instanceof InputError) || !CUT.has(error.code)) throw error;
    run.log.warn('The input was cut: streams that did not come are not in the plan', { code: error.code });
  }
  return planAnswer(plans, format);
}

function targetRun(run: Run): TargetRun {
  const now = new Date();
  return { ...run, startedAt: now, runId: 'plan', clock: { receivedAt: now, batchedAt: now } };
}
