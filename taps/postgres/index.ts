import { defineTap } from '../../singer/tap/index.ts';
import { settings } from './settings.ts';

/** Postgres tables and views to Singer. The driver is loaded when it connects, so that `--about` stays quick. */
export default defineTap({
  name: 'tap-postgres',
  summary: 'Reads tables, views and partitions of PostgreSQL: whole, or only what is new, with every type exact.',
  settings,
  modes: {
    check: {
      summary:
        'Says whether a run could begin: server, rights, and of each selected stream its size, the index on its replication key and whether late commits are found; reads no rows.',
      run: async (config, run, ask) => (await import('./check/check.ts')).check(config, run, ask),
    },
    explain: {
      summary:
        'Prints the SQL that a run with this catalog and state would send, with the plan of the server for each query; reads no rows.',
      run: async (config, run, ask) => (await import('./explain/explain.ts')).explain(config, run, ask),
    },
  },
  async open(config, run) {
    const { openSource } = await import('./open.ts');
    return openSource(config, run);
  },
});
