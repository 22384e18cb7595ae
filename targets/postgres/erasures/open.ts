import { type Run } from '../../../singer/index.ts';
import type { TargetConfig } from '../settings.ts';
import { Erasures } from './erasures.ts';
import { erasuresOf } from './plan.ts';

/** The erasures of a config; undefined if it has none. `schema` is that of the tables. Throws ConfigError. */
export function openErasures(config: TargetConfig, schema: string, { log }: Pick<Run, 'log'>): Erasures | undefined {
  const erasures = erasuresOf(config);
  if (erasures.length === 0) return undefined;
  return new Erasures({ erasures, key: config.erasure_key!, schema, log });
}
