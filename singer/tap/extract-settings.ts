import { batchConfig, batchSettings, type BatchSettings } from './batch-settings.ts';
import type { Settings } from '../settings.ts';

/** The settings that every tap has. */
export const tapSettings = {
  emit_activate_version_messages: {
    type: 'boolean',
    default: false,
    description:
      'Mark each record of a FULL_TABLE stream with a version and send ACTIVATE_VERSION after its last row, so that the target can drop rows that vanished; not when a part of the source is known to be missing.',
  },
  state_interval_records: {
    type: 'integer',
    default: 10_000,
    minimum: 1,
    description:
      'Send a STATE after this many records, at the next place where the stream can be resumed (with batch_config: at the end of a file). When the state is longer than 64 KiB, as that of thousands of files, it is sent that many times less often.',
  },
  state_interval_seconds: {
    type: 'number',
    default: 10,
    minimum: 0,
    description: 'Send a STATE after this many seconds, at the next place where the stream can be resumed.',
  },
  batch_config: batchConfig,
} as const satisfies Settings;

/** What `extract` needs from the tap's settings. */
export interface ExtractSettings {
  readonly activateVersions: boolean;
  readonly stateRecords: number;
  readonly stateSeconds: number;
  /** Where records go if not into RECORD messages. */
  readonly batch: BatchSettings | undefined;
}

/** Reads the settings above from a validated config; a member that is missing has its default. Throws ConfigError. */
export function extractSettings(config: object): ExtractSettings {
  const value = (name: string): unknown => Reflect.get(config, name);
  const number = (name: 'state_interval_records' | 'state_interval_seconds'): number => {
    const given = value(name);
    return typeof given === 'number' && given >= 0 ? given : tapSettings[name].default;
  };
  return {
    activateVersions: value('emit_activate_version_messages') === true,
    stateRecords: number('state_interval_records'),
    stateSeconds: number('state_interval_seconds'),
    batch: batchSettings(config),
  };
}
