import { badRecordSettings } from './bad-record-settings.ts';
import { flattenSettings } from './flatten-settings.ts';
import type { Settings } from '../settings.ts';
import { streamOptionSettings } from '../shell/stream-options.ts';

/** The settings that every target has. */
export const targetSettings = {
  batch_size_rows: {
    type: 'integer',
    default: 100_000,
    minimum: 1,
    description:
      'Records after which a batch is committed (at the next STATE). More is faster and repeats more work after a crash. The first batches of a run are smaller.',
  },
  batch_size_bytes: {
    type: 'integer',
    default: 8_388_608,
    minimum: 1024,
    description: 'Bytes of encoded records after which a batch is committed. Memory stays within about three times this.',
  },
  batch_wait_limit_seconds: {
    type: 'number',
    minimum: 0.1,
    description: 'Load records that have waited this long even when no STATE came. Unset: they wait for a STATE or a full batch.',
  },
  max_state_age_seconds: {
    type: 'number',
    default: 60,
    minimum: 0.1,
    description: 'A STATE that has waited this long is committed with everything before it, also while the input is idle.',
  },
  max_line_bytes: {
    type: 'integer',
    default: 268_435_456,
    minimum: 1_048_576,
    description:
      'Longest line that is accepted, in bytes, on the input and in BATCH files. A longer one ends the run with its number.',
  },
  validate_records: {
    type: 'boolean',
    default: true,
    perStream: true,
    description:
      "Check every record against its stream's schema. A record that breaks it is dealt with by on_bad_record, naming stream, property and rule.",
  },
  ...badRecordSettings,
  activate_version: {
    type: 'boolean',
    default: true,
    perStream: true,
    aliases: ['process_activate_version_messages'],
    description:
      'Act on ACTIVATE_VERSION messages: rows of older versions are deleted or marked, but only after rows of the new version came and, if the message came before them, only when the stream proved complete. Off: they are ignored.',
  },
  allow_empty_activate: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Act on an ACTIVATE_VERSION also when a complete stream sent no row of that version: all older rows go. Off: it is refused with a warning, because an upstream that read nothing by mistake looks the same.',
  },
  batch_config: {
    type: 'object',
    description: 'How files of BATCH messages are written, as the Meltano SDK has it.',
    ignored: 'a BATCH message itself says how its files are to be read',
  },
  delete_batch_files: {
    type: 'boolean',
    default: false,
    description: 'Delete the files of a BATCH message when their records are committed. They stay where a run fails before that.',
  },
  run_id: {
    type: 'string',
    description:
      'Name of this run in ledgers, manifests, file names and the quarantine. Unset: one is made of the time of the start.',
    examples: ['scheduled__2026-01-01T00:00:00'],
  },
  ...flattenSettings,
  ...streamOptionSettings,
} as const satisfies Settings;
