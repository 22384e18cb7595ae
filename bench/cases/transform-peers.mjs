// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { installPeer } from '../../scripts/peers/packages.mjs';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 500_000;
const PII_KEY = createHash('sha256').update('the key of the bench').digest('hex');
/** The SDK has no HMAC; a hash of a secret and the value is the nearest that its expressions can say. */
const token = (/** @type {string} */ name) => `sha256(config['seed'] + ${name}) if ${name} else None`;

export default defineCase({
  only: 'peers',
  rounds: 3,
  results: [
    {
      id: 'transform-peers',
      work: 'transform-records, 3 changed fields of 12 (two pseudonyms, one text cut short), 500,000 customers',
      against: 'meltano-map-transform on the Meltano SDK',
      unit: 'times as fast',
      floor: 6,
      goal: 15,
      rows,
    },
  ],
  async prepare(bench) {
    await installPeer('meltano-map-transform').catch((error) => bench.skip(String(error)));
    await data('customers', rows, 'singer');
  },
  async round(bench) {
    const env = {
      LINES: await data('customers', rows, 'singer'),
      OURS: `${bench.folder}/ours.singer`,
      THEIRS: `${bench.folder}/theirs.singer`,
      PEER: (await installPeer('meltano-map-transform'))('meltano-map-transform'),
      PII_KEY,
      MAPS: bench.configFile('maps', {
        stream_maps: { customers: { email: token('email'), phone: token('phone'), street: 'street[:8]' } },
        stream_map_config: { seed: PII_KEY },
      }),
      RULES: bench.configFile('transform', {
        keys: { pii: { env: 'PII_KEY' } },
        transforms: { customers: { fields: { 'email, phone': 'pseudonymize', street: { truncate: 8 } } } },
      }),
    };
    const limit = await measure('"$PEER" --config "$MAPS" < "$LINES" > "$THEIRS"', env);
    const ours = await measure('node bin/transform-records --config "$RULES" < "$LINES" > "$OURS"', env);
    refuseDifferent(env.OURS, env.THEIRS);
    return { limit, ours: { 'transform-peers': ours } };
  },
});

/** The tokens differ; all else must be the same. @param {string} ours @param {string} theirs */
function refuseDifferent(ours, theirs) {
  const [a, b] = [ours, theirs].map(recordsOf);
  if (a?.length !== rows || a.some((record, index) => record !== b?.[index])) throw new Error('The records are not the same');
}

/** @param {string} path @returns {string[]} */
function recordsOf(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"RECORD"'))
    .map((line) => {
      const { record } = JSON.parse(line);
      return JSON.stringify({ ...record, email: record.email?.slice(0, 0), phone: record.phone?.slice(0, 0) });
    });
}
