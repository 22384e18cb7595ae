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
