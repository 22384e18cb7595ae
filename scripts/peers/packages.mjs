// @ts-check
import { join } from 'node:path';
import { pythonEnvironment } from '../python.mjs';

/**
 * A Python package of another maker, in an environment of its own: they do not agree on their libraries.
 * @typedef {object} Peer
 * @property {string} package with its version
 * @property {readonly string[]} [needs] more packages
 * @property {true} [alone] what the package asks for cannot be built any more: `needs` stands for it
 */

const SDK = 'singer-sdk==0.54.9';

/** @satisfies {Readonly<Record<string, Peer>>} */
export const PEERS = {
  'meltanolabs-target-postgres': { package: 'meltanolabs-target-postgres==0.8.1', needs: [SDK] },
  'pipelinewise-target-postgres': { package: 'pipelinewise-target-postgres==2.1.2' },
  'target-jsonl': { package: 'target-jsonl==0.1.4' },
  'meltanolabs-tap-postgres': { package: 'meltanolabs-tap-postgres==0.10.0', needs: [SDK] },
  'pipelinewise-tap-postgres': { package: 'pipelinewise-tap-postgres==2.1.0' },
  'singer-tap-postgres': {
    package: 'tap-postgres==0.2.1',
    needs: ['singer-python==6.8.0', 'psycopg2-binary==2.9.13', 'strict-rfc3339==0.7'],
    alone: true,
  },
  'meltano-map-transform': { package: 'meltano-map-transform==0.12.3', needs: [SDK] },
  'singer-tools': { package: 'singer-tools==0.4.1' },
  'singer-sdk-testing': { package: 'singer-sdk[testing]==0.54.9' },
};

/** @typedef {keyof typeof PEERS} PeerName */

/**
 * Installs a peer under .cache/, once.
 * @param {PeerName} name
 * @returns {Promise<(program: string) => string>} gives the path of one of its executables
 */
export async function installPeer(name) {
  /** @type {Peer} */
  const peer = PEERS[name];
  const needs = peer.needs ?? [];
  const folder = `peer-${name}-${peer.package.split('==')[1]}`;
  const programs = peer.alone
    ? await pythonEnvironment(folder, needs, [peer.package])
    : await pythonEnvironment(folder, [peer.package, ...needs]);
  return (program) => join(programs, program);
}
