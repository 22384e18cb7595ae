import { defineTarget, stateCommand } from '../../singer/index.ts';
import { ERASE } from './erasures/words.ts';
import { settings } from './settings.ts';

/** Loads streams into PostgreSQL. The driver is loaded when it connects, so that `--about` stays quick. */
export default defineTarget({
  name: 'target-postgres',
  summary: 'Loads streams into PostgreSQL: append, upsert or overwrite, with the state committed together with the records.',
  settings,
  capabilities: ['activate-version', 'soft-delete', 'hard-delete'],
  commands: {
    state: stateCommand<typeof settings>(async (config, run) => (await import('./state/commands.ts')).openState(config, run)),
    erase: { summary: ERASE, run: async (config, run, args) => (await import('./erasures/command.ts')).erase(config, run, args) },
  },
  modes: {
    check: {
      summary:
        'connects and says, line by line, whether a load could begin: server, TLS, rights, state, erasures; exit code 1 if not',
      run: async (config, run, ask) => (await import('./check/check-mode.ts')).check(config, run, ask),
    },
    plan: {
      summary:
        'reads messages from stdin and prints, for each stream, the SQL that a load would run before its rows; writes nothing',
      run: async (config, run, ask) => (await import('./plan/plan-mode.ts')).plan(config, run, ask),
    },
  },
  async open(config, run) {
    const { openDestination } = await import('./destination.ts');
    return openDestination(config, run);
  },
});
