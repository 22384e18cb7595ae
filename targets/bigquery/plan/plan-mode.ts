import { type Answer, type Ask, planRun, planStreams, type Run, type StreamHeader } from '../../../singer/index.ts';
import { connect } from '../connect.ts';
import { lookAtDataset } from '../dataset.ts';
import { costOf, leastBilled } from '../jobs/cost.ts';
import { dryRun } from '../jobs/dry-run.ts';
import { destinationOn, openWayIn } from '../open.ts';
import type { TargetConfig } from '../settings.ts';
import { planAnswer, type MergeCost, type StreamPlan } from './answer.ts';
import { explain } from './explain.ts';

/** `--plan`: what a load of the input would do to each table, and what its statements would read and cost. Writes nothing. */
export async function plan(config: TargetConfig, run: Run, ask: Ask): Promise<Answer> {
  const api = await connect(config, run);
  const { dataset } = config;
  const found = await lookAtDataset(api, dataset);
  const location = found?.location ?? config.location;
  const rehearsal = planRun(run);
  const way = await openWayIn(api, config, rehearsal);
  const destination = destinationOn(api, location, config, rehearsal, way);
  const wayIn = { method: config.method, by: way.by };
  const planOf = async (header: StreamHeader): Promise<StreamPlan> => {
    const { probe, ...explained } = explain(destination.planOf(header), found === undefined);
    if (probe === undefined) return { ...explained, wayIn };
    const bytes = await dryRun(api, location, probe, `Looking at ${explained.table}`, { dataset });
    return { ...explained, wayIn, merge: mergeCost(bytes, config) };
  };
  return planAnswer(await planStreams(run, ask, destination, planOf), ask.format);
}

function mergeCost(bytes: number, { max_bytes_billed: most = Infinity, price_per_tib: price }: TargetConfig): MergeCost {
  const billed = leastBilled(bytes);
  return { bytes, price: costOf(billed, price).price_usd, isRefused: billed > most };
}
