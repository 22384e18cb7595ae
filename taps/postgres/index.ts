import { defineTap } from '../../singer/tap/index.ts';
import { settings } from './settings.ts';

/** Postgres tables and views to Singer. The driver is loaded when it connects, so that `--about` stays quick. */
export default defineTap({
  name: 'tap-postgres',
  summary: 'Reads tables, views and partitions of PostgreSQL: whole, or only what is new, with every type exact.',
  settings,
  async open(config, run) {
    const { openSource } = await import('./open.ts');
    return openSource(config, run);
  },
});
