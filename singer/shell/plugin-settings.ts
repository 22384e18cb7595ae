import { tapSettings } from '../tap/extract-settings.ts';
import type { Problem } from '../errors.ts';
import { flattenProblems } from '../target/flatten-settings.ts';
import { mapperSettings } from '../mapper/map-settings.ts';
import { targetSettings } from '../target/load-settings.ts';
import type { Plugin, Rules } from '../plugin.ts';
import type { Settings } from '../settings.ts';
import { streamOptions } from './stream-options.ts';

/** All settings of a plugin: its own first, then those of rules, then those that every plugin of its kind has. Its own meaning wins, the rules' comes last. */
export function allSettings(plugin: Plugin, rules?: Rules): Settings {
  return { ...plugin.settings, ...rules?.settings, ...COMMON[plugin.kind], ...plugin.settings };
}

const COMMON = { tap: tapSettings, target: targetSettings, mapper: mapperSettings } as const;

/** What is wrong with checked settings that no declaration of one setting can say. */
export function jointProblems(plugin: Plugin, config: object, rules?: Rules): readonly Problem[] {
  if (plugin.kind === 'mapper') return [];
  const settings = allSettings(plugin);
  const { stream_options: own } = settings;
  // A plugin that only takes what another one calls so has no patterns of streams there.
  const meant = own !== undefined && own.ignored === undefined;
  const { problems, options } = meant ? streamOptions(settings, config) : { problems: [], options: [] };
  if (plugin.kind === 'tap') return [...problems, ...batchProblems(config, rules)];
  return [...problems, ...flattenProblems([config, ...options])];
}

/** A tap writes its files before any rule has seen a record: what the rules hide would lie there in clear. */
function batchProblems(config: object, rules: Rules | undefined): readonly Problem[] {
  if (Reflect.get(config, 'batch_config') === undefined || rules?.areIn(config) !== true) return [];
  const message =
    'cannot be set beside rules (transforms, stream_maps, flattening_enabled) in one tap: its files would hold the values that the rules hide. Leave one of them out, or give the rules to the target';
  return [{ path: 'batch_config', message }];
}
