// @ts-check
import { join } from 'node:path';
import { selectWhole } from '../../scripts/peers/catalog.mjs';
import { installPeer } from '../../scripts/peers/packages.mjs';
import { measure } from '../measure.mjs';
import { SOURCE, sourceConfig, sourceTable } from '../source.mjs';
import { defineCase } from './case.mjs';

const rows = 100_000;

/**
 * @typedef {object} Peer
 * @property {string} maker
 * @property {number} floor
 * @property {number} goal
 * @property {(connection: ReturnType<import('../postgres.mjs').BenchPostgres['connection']>) => object} config
 */

/** @satisfies {Partial<Record<import('../../scripts/peers/packages.mjs').PeerName, Peer>>} */
const PEERS = {
  'meltanolabs-tap-postgres': {
    maker: 'MeltanoLabs',
    floor: 20,
    goal: 40,
    config: (connection) => ({ ...connection, filter_schemas: [SOURCE] }),
  },
  'pipelinewise-tap-postgres': {
    maker: 'pipelinewise',
    floor: 10,
    goal: 20,
    config: ({ database, ...connection }) => ({ ...connection, dbname: database, filter_schemas: SOURCE, tap_id: 'bench' }),
  },
};

/** @param {keyof typeof PEERS} name */
export const peerTap = (name) => {
  const { maker, floor, goal, config } = PEERS[name];
  /** @type {{ TAP: string, CONFIG: string, CATALOG: string } | undefined} */
  let peer;
  return defineCase({
    only: 'peers',
    results: [
      {
        id: name,
        work: 'Postgres to RECORD lines, FULL_TABLE, 100 k resale rows',
        against: `the tap-postgres of ${maker}`,
        unit: 'times as fast',
        floor,
        goal,
        rows,
      },
    ],
    async prepare(bench) {
      const postgres = await bench.postgres();
      const table = await sourceTable(postgres, 'resale', rows);
      const TAP = (await installPeer(name).catch((error) => bench.skip(error.message)))('tap-postgres');
      const CONFIG = bench.configFile(name, config(postgres.connection()));
      const CATALOG = join(bench.folder, `${name}-catalog.json`);
      await selectWhole(TAP, CONFIG, (stream) => stream.endsWith(table), CATALOG);
      peer = { TAP, CONFIG, CATALOG };
    },
    async round(bench) {
      const postgres = await bench.postgres();
      const TAP = bench.configFile('tap-postgres', sourceConfig(postgres, await sourceTable(postgres, 'resale', rows)));
      return {
        limit: await postgres.serving(() => measure('"$TAP" --config "$CONFIG" --catalog "$CATALOG" > /dev/null', { ...peer })),
        ours: { [name]: await postgres.serving(() => measure('node bin/tap-postgres --config "$TAP" > /dev/null', { TAP })) },
      };
    },
  });
};

export default peerTap('meltanolabs-tap-postgres');
