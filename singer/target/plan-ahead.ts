import { InputError } from '../errors.ts';
import type { Ask, Run, TargetRun } from '../plugin.ts';
import type { Destination, StreamHeader } from './destination.ts';

/** What a cut input says at its end: the plan of what came is worth having all the same. */
const CUT: ReadonlySet<string> = new Set(['input-cut', 'input-unfinished']);

/** The run of a mode that opens a destination and loads nothing. */
export function planRun(run: Run): TargetRun {
  const now = new Date();
  return { ...run, startedAt: now, runId: 'plan', clock: { receivedAt: now, batchedAt: now } };
}

/**
 * For `--plan` of targets: has `destination` open each stream of the input, and gives what `explain` says of it then. Loads nothing, and closes the
 * destination. Throws what a load throws; of a cut input the log tells.
 */
export async function planStreams<C extends object, P>(
  run: Run,
  { rehearse }: Pick<Ask, 'rehearse'>,
  destination: Destination<C>,
  explain: (header: StreamHeader) => Promise<P>,
): Promise<P[]> {
  const plans: P[] = [];
  const planner: Destination<C> = {
    async openStream(header, config) {
      const encoder = await destination.openStream(header, config);
      plans.push(await explain(header));
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
  return plans;
}
