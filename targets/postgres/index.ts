import { defineTarget } from '../../singer/index.ts';
import { stateCommand } from './commands.ts';
import { settings } from './settings.ts';

/** Loads streams into PostgreSQL. The driver is loaded when it connects, so that `--about` stays quick. */
export default defineTarget({
  name: 'target-postgres',
  summary: 'Loads streams into PostgreSQL: append, upsert or overwrite, with the state committed together with the records.',
  settings,
  commands: { state: stateCommand },
  async open(config, run) {
    const { openDestination } = await import('./destination.ts');
    return openDestination(config, run);
  },
});
