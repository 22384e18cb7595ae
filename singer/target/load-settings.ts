import type { Settings } from '../settings.ts';

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
    description: 'Longest input line that is accepted, in bytes. A longer one ends the run with its number.',
  },
  validate_records: {
    type: 'boolean',
    default: true,
    description:
      "Check every record against its stream's schema. A record that breaks it ends the run, naming stream, property and rule.",
  },
} as const satisfies Settings;
