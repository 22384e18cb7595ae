// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/command.mjs';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 100_000;
/** Made by hand: `python3 -m venv .cache/peers && .cache/peers/bin/pip install meltanolabs-target-postgres`, which brings the SDK. */
const BIN = join(root, '.cache', 'peers', 'bin');

export default defineCase({
  only: 'peers',
  results: [
    {
      id: 'peers',
      work: 'CSV to Postgres through the pipe, 100 k resale rows',
      against: 'a CSV tap on the Meltano SDK and its target-postgres',
      unit: 'times as fast',
      floor: 25,
      goal: 50,
      rows,
    },
  ],
  async prepare(bench) {
    if (!existsSync(join(BIN, 'target-postgres'))) bench.skip(`the Python pair is not installed in ${BIN}`);
    await data('resale', rows, 'csv');
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const file = await data('resale', rows, 'csv');
    const PEER = bench.configFile('peer', { entity: 'resale', path: file });
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: file, keys: [] }] });
    // `use_copy` is the quickest way the peer has.
    const TARGET = bench.configFile(
      'target',
      postgres.config({ load_method: 'append-only', use_copy: true, activate_version: false }),
    );
    return {
      limit: await postgres.fresh('resale', rows, () =>
        measure('"$BIN"/python bench/peers/tap_csv.py --config "$PEER" | "$BIN"/target-postgres --config "$TARGET"', {
          BIN,
          PEER,
          TARGET,
        }),
      ),
      ours: {
        peers: await postgres.fresh('resale', rows, () =>
          measure('node bin/tap-csv --config "$TAP" | node bin/target-postgres --config "$TARGET"', { TAP, TARGET }),
        ),
      },
    };
  },
});
