// @ts-check
import { startFakeGitHub } from '../github/fake.mjs';
import { installLocalBigQuery, startLocalBigQuery } from '../local-bigquery.mjs';
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

  /** A fake; `serve` gives the address and the token of one with the repositories of a file. */
  async github({ keep }) {
    /** @type {import('../github/fake.mjs').FakeGitHub[]} */
    const serving = [];
    return {
      async serve(/** @type {string} */ file) {
        const github = await startFakeGitHub(file, { keep });
        serving.push(github);
        return github;
      },
      async stop() {
        for (const github of serving.splice(0)) await github.stop();
      },
      get stopping() {
        return serving.map(({ pid }) => `kill ${pid}    # the fake of GitHub`);
      },
    };
  },

  /** An emulator. */
  async bigquery({ keep }) {
    const server = await startLocalBigQuery({ keep });
    return { ...server, stopping: [`kill ${server.pid}; rm -r '${server.folder}'    # the emulator of BigQuery`] };
  },
};

/** What must be fetched before a server can be started, where it is not here already. @type {Record<string, () => Promise<unknown>>} */
export const FETCHED = { bigquery: installLocalBigQuery };
