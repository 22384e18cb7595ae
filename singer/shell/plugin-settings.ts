import { tapSettings } from '../tap/extract-settings.ts';
import type { Problem } from '../errors.ts';
import { flattenProblems } from '../target/flatten-settings.ts';
import { targetSettings } from '../target/load-settings.ts';
import type { Tap, Target } from '../plugin.ts';
import type { Settings } from '../settings.ts';
import { streamOptions } from '../target/stream-options.ts';

/** All settings of a plugin: its own first, then those that every plugin of its kind has. Its own meaning wins. */
export function allSettings(plugin: Tap | Target): Settings {
  return { ...plugin.settings, ...(plugin.kind === 'tap' ? tapSettings : targetSettings), ...plugin.settings };
}

/** What is wrong with checked settings that no declaration of one setting can say. */
export function jointProblems(plugin: Tap | Target, config: object): readonly Problem[] {
  if (plugin.kind === 'tap') return [];
  const { problems, options } = streamOptions(allSettings(plugin), config);
  return [...problems, ...flattenProblems([config, ...options])];
}
