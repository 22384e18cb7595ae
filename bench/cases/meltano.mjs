// @ts-check
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/command.mjs';
import { MELTANO_BIN } from '../../scripts/meltano.mjs';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const few = 100;
const ENVIRONMENT = {
  MELTANO_SEND_ANONYMOUS_USAGE_STATS: 'false',
  MELTANO_CLI_DISABLE_VERSION_CHECK: '1',
  MELTANO_AUTO_INSTALL: 'false',
  MELTANO_HUB_URL: 'http://127.0.0.1:9',
};

/** @param {string} name @param {number} floor @param {number} goal @param {string} how */
const result = (name, floor, goal, how) => ({
  id: name,
  work: `CSV to Postgres through meltano run ${how}, 1 M resale rows; the time of a run of ${few} rows taken off`,
  against: 'the bare pipe',
  unit: /** @type {const} */ ('times as fast'),
  floor,
  goal,
  rows,
});

/** A project with both executables; the relay of Meltano stands between them. @param {string} folder @param {object} tap @param {object} target */
function project(folder, tap, target) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const plugin = (/** @type {string} */ name, /** @type {object} */ config, /** @type {string[]} */ capabilities) => ({
    name,
    namespace: name.replaceAll('-', '_'),
    executable: join(root, 'bin', name),
    capabilities,
    config,
  });
  const file = {
    default_environment: 'dev',
    environments: [{ name: 'dev' }],
    plugins: {
      extractors: [plugin('tap-csv', tap, ['catalog', 'discover', 'state', 'batch'])],
      loaders: [plugin('target-postgres', target, ['batch'])],
    },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'meltano.yml'), JSON.stringify(file));
}

export default defineCase({
  rounds: 3,
  results: [result('meltano-records', 0.45, 0.6, 'with RECORD messages'), result('meltano-batch', 0.8, 0.95, 'with BATCH files')],
  async prepare(bench) {
    if (!existsSync(MELTANO_BIN)) bench.skip('Meltano is not installed; npm test installs it');
    await data('resale', rows, 'csv');
    await data('resale', few, 'csv');
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const PROJECT = join(bench.folder, 'meltano');
    const target = postgres.config({ load_method: 'append-only' });
    /** @param {number} count @param {object} more */
    const through = async (count, more) => {
      project(PROJECT, { files: [{ entity: 'resale', path: await data('resale', count, 'csv'), keys: [] }], ...more }, target);
      return postgres.fresh('resale', count, () =>
        measure('cd "$PROJECT" && "$MELTANO" run --full-refresh --no-state-update tap-csv target-postgres', {
          ...ENVIRONMENT,
          PROJECT,
          MELTANO: MELTANO_BIN,
        }),
      );
    };
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: await data('resale', rows, 'csv'), keys: [] }] });
    const TARGET = bench.configFile('target', target);
    const bare = (/** @type {string} */ tap) =>
      measure('node bin/tap-csv --config "$TAP" | node bin/target-postgres --config "$TARGET"', { TAP: tap, TARGET });
    const limit = await postgres.fresh('resale', rows, () => bare(TAP));
    const batches = { batch_config: { storage: { root: join(bench.folder, 'batches') }, batch_size: 100_000 } };
    /** @type {Record<string, import('../measure.mjs').Measure>} */
    const ours = {};
    for (const [id, more] of /** @type {const} */ ([
      ['meltano-records', {}],
      ['meltano-batch', batches],
    ])) {
      const start = await through(few, more);
      const whole = await through(rows, more);
      ours[id] = { ...whole, seconds: whole.seconds - start.seconds };
      rmSync(join(bench.folder, 'batches'), { recursive: true, force: true });
    }
    return { limit, ours };
  },
});
