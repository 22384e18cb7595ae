import type { Settings } from '../../singer/tap/index.ts';

/** Where we read, as whom, and how long it may take. */
export const sessionSettings = {
  use_secondary: {
    type: 'boolean',
    default: false,
    description:
      'Read from secondary_host and secondary_port, a standby for example, in place of host and port, whatever says these.',
  },
  secondary_host: {
    type: 'string',
    aliases: ['replica_host'],
    description: 'Host to read from with use_secondary; needed then. Several with commas between, as host.',
  },
  secondary_port: {
    type: ['integer', 'string'],
    aliases: ['replica_port'],
    description: 'Its port. Unset: that of host.',
  },
  role: {
    type: 'string',
    description: 'Role to take on right after the login (SET ROLE): it must be able to read. The user must be a member of it.',
  },
  snapshot: {
    type: 'string',
    options: ['per_table', 'shared'],
    default: 'per_table',
    description:
      'per_table: each stream is read as it is when its turn comes. shared: all streams of a run as they are at its beginning, so that what refers to each other is there; a transaction stays open for it from the first stream to the last, which keeps VACUUM from removing rows and ALTER TABLE waiting, and a lost connection ends the run if it is the one that keeps the moment.',
  },
  max_parallel_streams: {
    type: 'integer',
    default: 1,
    minimum: 1,
    maximum: 32,
    description:
      'How many streams are read at once, each over a connection of its own, for slow views and distant servers. They are written one after the other all the same: up to 1 MiB of each of the next ones waits in memory, and a larger one holds its transaction open until its turn comes, which may keep VACUUM from removing rows for as long.',
  },
  statement_timeout: {
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'Seconds that one statement may take; the reading of a large table is one. 0: without limit.',
  },
  lock_timeout: {
    type: 'number',
    default: 60,
    minimum: 0,
    description: 'Seconds to wait for a table that another session holds locked. 0: without limit.',
  },
} as const satisfies Settings;
