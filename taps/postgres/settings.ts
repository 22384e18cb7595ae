import { connectionSettings } from '../../clients/postgres/settings.ts';
import type { Config, Settings } from '../../singer/tap/index.ts';
import { discoverySettings } from './discover/settings.ts';
import { fullTableSettings } from './full-table/settings.ts';
import { incrementalSettings } from './incremental/settings.ts';
import { limitSettings } from './limits/settings.ts';
import { peerSettings } from './peer-settings.ts';
import { querySettings } from './queries/settings.ts';
import { sessionSettings } from './session-settings.ts';
import { typeSettings } from './types/settings.ts';

/** The settings of tap-postgres: those of MeltanoLabs' plugin with their defaults, then our own. */
export const settings = {
  ...connectionSettings,
  application_name: { ...connectionSettings.application_name, default: 'tap-postgres' },
  ...discoverySettings,
  ...typeSettings,
  ...fullTableSettings,
  ...incrementalSettings,
  ...limitSettings,
  ...querySettings,
  ...sessionSettings,
  ...peerSettings,
} as const satisfies Settings;

export type PostgresConfig = Config<typeof settings>;
