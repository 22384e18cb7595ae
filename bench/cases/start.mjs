// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/** Starts per round; each takes a few hundredths of a second, so one alone says little. */
const STARTS = 7;

/** @param {string} pipeline @param {Record<string, string>} [env] */
async function starts(pipeline, env) {
  return measure(`for i in {1..${STARTS}}; do ${pipeline} > /dev/null; done`, env);
}

/** @param {string} id @param {string} work */
const result = (id, work) => ({
  id,
  work,
  against: 'node -e 0',
  unit: /** @type {const} */ ('times as long'),
  floor: 2.5,
  goal: 1.8,
});

export default defineCase({
  results: [
    result('start-about-tap-csv', 'start to --about, tap-csv'),
    result('start-about-target-postgres', 'start to --about, target-postgres'),
    result('start-about-target-jsonl', 'start to --about, target-jsonl'),
    result('start-discover', 'start to --discover of a small file, tap-csv'),
  ],
  async prepare() {
    await data('resale', 100, 'csv');
  },
  async round(bench) {
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: await data('resale', 100, 'csv'), keys: [] }] });
    return {
      limit: await starts('node -e 0'),
      ours: {
        'start-about-tap-csv': await starts('node bin/tap-csv --about'),
        'start-about-target-postgres': await starts('node bin/target-postgres --about'),
        'start-about-target-jsonl': await starts('node bin/target-jsonl --about'),
        'start-discover': await starts('node bin/tap-csv --config "$TAP" --discover', { TAP }),
      },
    };
  },
});
