import { connectionSettings } from '../../clients/postgres/settings.ts';
import type { Config, Settings } from '../../singer/tap/index.ts';
import { discoverySettings } from './discover/settings.ts';
import { incrementalSettings } from './incremental/settings.ts';
import { limitSettings } from './limits/settings.ts';
import { typeSettings } from './types/settings.ts';

/** The settings of tap-postgres: those of MeltanoLabs' plugin with their defaults, then our own. */
export const settings = {
  ...connectionSettings,
  application_name: { ...connectionSettings.application_name, default: 'tap-postgres' },
  ...discoverySettings,
  ...typeSettings,
  ...incrementalSettings,
  ...limitSettings,
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

export type PostgresConfig = Config<typeof settings>;
