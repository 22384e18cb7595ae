import { ConfigError, type Problem, type Run } from '../../singer/index.ts';
import type { Layer, RuleSet } from '../engine/rule-set.ts';
import { loadKeys } from './keys.ts';
import { ownLayer } from './own.ts';
import { quarantineOptions } from './quarantine.ts';
import { streamMapsLayer } from './stream-maps.ts';
import type { TransformConfig } from './settings.ts';
import { transformationsLayer } from './transformations.ts';

const MEGABYTE = 1024 * 1024;
const NO_REPORT = { file: undefined, stream: undefined };

/** The rules of checked settings. Throws ConfigError with everything that is wrong and can be told before the first SCHEMA. */
export async function loadRules(config: TransformConfig, run: Run): Promise<RuleSet> {
  const problems: Problem[] = [];
  const layers: Layer[] = [];
  // In this order: transformations, stream_maps, transforms.
  if (config.transformations !== undefined) layers.push(transformationsLayer(config.transformations, problems));
  const maps = streamMapsLayer(config, problems);
  if (maps !== undefined) layers.push(maps);
  if (config.transforms !== undefined) layers.push(ownLayer(config.transforms, problems));
  const keys = await loadKeys(config.keys ?? {}, problems, run.log);
  const quarantine = quarantineOptions(config.quarantine, problems);
  if (problems.length > 0) throw new ConfigError(problems, { code: 'transform-config' });
  const { locale, on_error, zone } = config.defaults ?? {};
  return {
    layers,
    keys,
    defaults: { locale: locale ?? 'en', zone: zone ?? 'UTC', onError: on_error },
    vars: { ...config.stream_map_config, ...config.vars },
    quarantine,
    report: typeof config.report === 'string' ? { file: config.report, stream: undefined } : { ...NO_REPORT, ...config.report },
    statsStream: config.stats?.stream,
    checkMemoryBytes: config.check_memory_mb * MEGABYTE,
    log: run.log,
    signal: run.signal,
  };
}
