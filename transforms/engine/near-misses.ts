import { ConfigError, nearest } from '../../singer/index.ts';
import type { RuleSet } from './rule-set.ts';

/** Throws ConfigError for a stream without rules that has nearly the name of one whose rules hide something and that has not come so far. */
export function refuseNearMiss({ layers }: RuleSet, stream: string): void {
  const near = layers.flatMap((layer) => layer.guarded()).filter(({ name }) => nearest(name, [stream]) !== undefined);
  if (near.length === 0) return;
  const message = `matches no stream so far, and the stream ${stream} has no rules: is it the one that is meant? If not, give ${stream} an entry of its own: {}`;
  throw new ConfigError(
    near.map(({ path }) => ({ path, message })),
    { code: 'transform-stream', facts: { stream } },
  );
}

/** At the end of the input: warns of entries whose stream never came. */
export function tellUnmet({ layers, log }: RuleSet): void {
  for (const layer of layers) {
    for (const { path, pattern } of layer.unmet()) log.warn('Rules have met no stream', { rules: path, stream: pattern });
  }
}
