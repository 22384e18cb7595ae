import type { Config, Settings } from '../settings.ts';
import { targetSettings } from '../target/load-settings.ts';

/** The settings that every mapper has. */
export const mapperSettings = {
  max_line_bytes: targetSettings.max_line_bytes,
  delete_batch_files: {
    type: 'boolean',
    default: false,
    description:
      'Delete the files of BATCH messages at the end of a good run: their records are in files of the same folder then, as the rules have made them.',
  },
} as const satisfies Settings;

export type MapperConfig = Config<typeof mapperSettings>;
