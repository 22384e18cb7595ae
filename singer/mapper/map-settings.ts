import type { Config, Settings } from '../settings.ts';
import { targetSettings } from '../target/load-settings.ts';

/** The settings that every mapper has. */
export const mapperSettings = {
  max_line_bytes: targetSettings.max_line_bytes,
} as const satisfies Settings;

export type MapperConfig = Config<typeof mapperSettings>;
