// @ts-check
import { join } from 'node:path';
import { installMeltano } from '../meltano.mjs';
import { pythonEnvironment } from '../python.mjs';

/**
 * Programs that examples need beside Node, each made at its first use, with the path of its executable.
 * @type {Record<import('./example.mjs').Tool, () => Promise<string>>}
 */
export const TOOLS = {
  meltano: installMeltano,
  dbt: async () => join(await pythonEnvironment('dbt-1.11.16', ['dbt-core==1.11.16', 'dbt-postgres==1.11.0']), 'dbt'),
  dagster: async () =>
    join(
      await pythonEnvironment('dagster-1.13.27', [
        'dagster==1.13.27',
        'dagster-webserver==1.13.27',
        'matplotlib==3.11.2',
        'psycopg2-binary==2.9.13',
      ]),
      'dagster',
    ),
  // Charts, and a client of Postgres.
  python: async () =>
    join(await pythonEnvironment('charts-matplotlib-3.11.2', ['matplotlib==3.11.2', 'psycopg2-binary==2.9.13']), 'python'),
};
