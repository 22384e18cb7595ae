import { waysAmong, type Subject } from '../../../check/index.ts';
import type { Settings } from '../../../singer/index.ts';
import { settingsSchema } from '../../../singer/shell/settings-schema.ts';
import { tapSettings } from '../../../singer/tap/extract-settings.ts';
import { targetSettings } from '../../../singer/target/load-settings.ts';

const COMMON: Readonly<Record<'tap' | 'target', Settings>> = { tap: tapSettings, target: targetSettings };

/** The ways of working that one of our plugins knows, told by its settings as they are shown to strangers. */
export function waysOf(plugin: { readonly kind: 'tap' | 'target'; readonly settings: Settings }): NonNullable<Subject['ways']> {
  const { properties } = settingsSchema({ ...COMMON[plugin.kind], ...plugin.settings });
  return waysAmong(plugin.kind, properties as Readonly<Record<string, unknown>>);
}
