import { type Answer, type Ask, planRun, planStreams, type Run } from '../../../singer/index.ts';
import { planAnswer } from './answer.ts';
import { connectDestination } from '../destination.ts';
import type { TargetConfig } from '../settings.ts';

/** `--plan`: what a load of the input would do to each table, as SQL. Writes nothing. */
export async function plan(config: TargetConfig, run: Run, ask: Ask): Promise<Answer> {
  const destination = await connectDestination(config, planRun(run));
  const plans = await planStreams(run, ask, destination, (header) => destination.explain(header));
  return planAnswer(plans, ask.format);
}
