import { tapSettings } from '../tap/extract-settings.ts';
import { targetSettings } from '../target/load-settings.ts';
import type { Tap, Target } from '../plugin.ts';
import type { Settings } from '../settings.ts';

/** All settings of a plugin: its own first, then those that every plugin of its kind has. Its own meaning wins. */
export function allSettings(plugin: Tap | Target): Settings {
  return { ...plugin.settings, ...(plugin.kind === 'tap' ? tapSettings : targetSettings), ...plugin.settings };
}
