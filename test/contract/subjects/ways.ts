import { waysAmong, type Kind, type Subject } from '../../../check/index.ts';
import type { Settings } from '../../../singer/index.ts';
import { mapperSettings } from '../../../singer/mapper/map-settings.ts';
import { settingsSchema } from '../../../singer/shell/settings-schema.ts';
import { tapSettings } from '../../../singer/tap/extract-settings.ts';
import { targetSettings } from '../../../singer/target/load-settings.ts';

const COMMON: Readonly<Record<Kind, Settings>> = { tap: tapSettings, target: targetSettings, mapper: mapperSettings };

/** The ways of working that one of our plugins knows, told by its settings as they are shown to strangers. */
export function waysOf(plugin: { readonly kind: Kind; readonly settings: Settings }): NonNullable<Subject['ways']> {
  const { properties } = settingsSchema({ ...COMMON[plugin.kind], ...plugin.settings });
  return waysAmong(plugin.kind, properties as Readonly<Record<string, unknown>>);
}
