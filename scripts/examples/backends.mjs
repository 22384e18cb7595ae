// @ts-check
import { startPostgres } from '../postgres.mjs';

/**
 * A server that is up.
 * @typedef {object} Backend
 * @property {() => Promise<void>} stop
 * @property {string[]} stopping for somebody who keeps it: how it is stopped
 */

/**
 * The servers that examples can ask for.
 * @type {Record<string, (options: { keep: boolean }) => Promise<Backend & Record<string, any>>>}
 */
export const BACKENDS = {
  async postgres({ keep }) {
    const server = await startPostgres({ keep, settings: { wal_level: 'logical' } });
    return {
      ...server,
      stopping: [server.pid === undefined ? 'Postgres is the one that DATABASE_URL names' : `kill ${server.pid}    # Postgres`],
    };
  },
};
