import { defineTarget, stateCommand } from '../../singer/index.ts';
import { settings } from './settings.ts';

/** Loads streams into BigQuery. Google's library is loaded when it connects, so that `--about` stays quick. */
export default defineTarget({
  name: 'target-bigquery',
  summary:
    'Loads streams into BigQuery by load jobs, append, upsert or overwrite: every row accounted for, states printed only after their jobs are done.',
  settings,
  commands: { state: stateCommand<typeof settings>(async (config, run) => (await import('./open.ts')).openState(config, run)) },
  modes: {
    check: {
      summary:
        'connects and says, line by line, whether a load could begin: credentials, project, dataset, location, rights, quota; exit code 1 if not',
      run: async (config, run, ask) => (await import('./check/check-mode.ts')).check(config, run, ask),
    },
    plan: {
      summary:
        'reads messages from stdin and prints, for each stream, what a load would do to its table, and what a merge would read and cost (by a dry run); writes nothing',
      run: async (config, run, ask) => (await import('./plan/plan-mode.ts')).plan(config, run, ask),
    },
  },
  capabilities: ['activate-version', 'soft-delete', 'hard-delete'],
  async open(config, run) {
    const { openDestination } = await import('./open.ts');
    return openDestination(config, run);
  },
});
