import { ConfigError, type Log, type Problem, type Run } from '../../singer/index.ts';
import type { Keys } from '../keys.ts';
import { keeper } from '../engine/keeper.ts';
import type { Layer, RuleSet } from '../engine/rule-set.ts';
import { checkRules } from './check-rules.ts';
import { defaultsOf } from './defaults.ts';
import { quarantineOptions } from './quarantine.ts';
import type { TransformConfig } from './settings.ts';

const MEGABYTE = 1024 * 1024;
const NO_KEYS: Keys = { names: [], find: () => undefined };
const NO_REPORT = { file: undefined, stream: undefined };

/** The rules of checked settings. Throws ConfigError with everything that is wrong and can be told before the first SCHEMA. */
export async function loadRules(config: TransformConfig, run: Run): Promise<RuleSet> {
  const problems: Problem[] = [];
  const layers = await layersOf(config, problems);
  const { keys, standIns } = await keysOf(config, problems, run.log);
  const defaults = await defaultsOf(config.defaults, problems);
  const quarantine = quarantineOptions(config.quarantine, problems);
  const rules: RuleSet = {
    layers,
    keys,
    defaults,
    vars: { ...config.stream_map_config, ...config.vars },
    once: keeper(),
    quarantine,
    report: typeof config.report === 'string' ? { file: config.report, stream: undefined } : { ...NO_REPORT, ...config.report },
    statsStream: config.stats?.stream,
    checkMemoryBytes: config.check_memory_mb * MEGABYTE,
    log: run.log,
    signal: run.signal,
  };
  await checkRules({ ...rules, keys: standIns }, problems);
  if (problems.length > 0) throw new ConfigError(problems, { code: 'transform-config' });
  return rules;
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

/** The keys, and those by which the rules are checked. */
async function keysOf({ keys: given }: TransformConfig, problems: Problem[], log: Log): Promise<{ keys: Keys; standIns: Keys }> {
  if (given === undefined) return { keys: NO_KEYS, standIns: NO_KEYS };
  const { loadKeys, withStandIns } = await import('./keys.ts');
  const keys = await loadKeys(given, problems, log);
  return { keys, standIns: await withStandIns(keys, given) };
}
