import { openApi } from '../../../clients/bigquery/connect.ts';
import { InputError, type Answer, type Ask, type Destination, type Run, type TargetRun } from '../../../singer/index.ts';
import { datasetName, lookAtDataset } from '../dataset.ts';
import { dryRun } from '../jobs/dry-run.ts';
import { destinationOn } from '../open.ts';
import type { TargetConfig } from '../settings.ts';
import { planAnswer, priceOf, type StreamPlan } from './answer.ts';
import { explain } from './explain.ts';

/** What a cut input says at its end: the plan of what came is worth having all the same. */
const CUT: ReadonlySet<string> = new Set(['input-cut', 'input-unfinished']);

/** `--plan`: what a load of the input would do to each table, and what its statements would read and cost. Writes nothing. */
export async function plan(config: TargetConfig, run: Run, { format, rehearse }: Ask): Promise<Answer> {
  const api = await openApi(config, run);
  const dataset = datasetName(config);
  const found = await lookAtDataset(api, dataset);
  const location = found?.location ?? config.location;
  const destination = destinationOn(api, location, config, targetRun(run));
  const plans: StreamPlan[] = [];
  const planner: Destination<TargetConfig> = {
    async openStream(header, options) {
      const encoder = await destination.openStream(header, options);
      const { merge, ...explained } = explain(destination.planOf(header), found === undefined);
      const bytes =
        merge === undefined ? undefined : await dryRun(api, location, merge, `Looking at ${explained.table}`, { dataset });
      plans.push({ ...explained, ...(bytes === undefined ? {} : { bytes, price: priceOf(bytes) }) });
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
