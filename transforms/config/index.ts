import { ConfigError, type Log, type Problem, type Run } from '../../singer/index.ts';
import type { Keys } from '../keys.ts';
import type { Layer, RuleSet } from '../engine/rule-set.ts';
import { quarantineOptions } from './quarantine.ts';
import type { TransformConfig } from './settings.ts';

const MEGABYTE = 1024 * 1024;
const NO_REPORT = { file: undefined, stream: undefined };

/** The rules of checked settings. Throws ConfigError with everything that is wrong and can be told before the first SCHEMA. */
export async function loadRules(config: TransformConfig, run: Run): Promise<RuleSet> {
  const problems: Problem[] = [];
  const layers = await layersOf(config, problems);
  const keys = await keysOf(config, problems, run.log);
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

/** The dialects that the settings have, in this order. Each is loaded only where it is used, as whatever it names. */
async function layersOf(config: TransformConfig, problems: Problem[]): Promise<Layer[]> {
  const { flattening_enabled, stream_maps, transformations, transforms } = config;
  const layers: Layer[] = [];
  if (transformations !== undefined) {
    const { transformationsLayer } = await import('./transformations.ts');
    layers.push(await transformationsLayer(transformations, problems));
  }
  if (stream_maps !== undefined || flattening_enabled === true) {
    const { streamMapsLayer } = await import('./stream-maps.ts');
    layers.push(streamMapsLayer(config, problems));
  }
  if (transforms !== undefined) {
    const { ownLayer } = await import('./own.ts');
    layers.push(await ownLayer(transforms, problems));
  }
  return layers;
}

async function keysOf({ keys }: TransformConfig, problems: Problem[], log: Log): Promise<Keys> {
  if (keys === undefined) return { names: [], find: () => undefined };
  return (await import('./keys.ts')).loadKeys(keys, problems, log);
}
