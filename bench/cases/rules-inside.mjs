// @ts-check
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const PII_KEY = createHash('sha256').update('the key of the bench').digest('hex');
const RULES = {
  keys: { pii: { env: 'PII_KEY' } },
  transforms: { customers: { fields: { 'email, phone': 'pseudonymize', street: { truncate: 8 } } } },
};

/** @param {string} id @param {string} where */
const result = (id, where) => ({
  id,
  work: `CSV to JSON lines with rules (two pseudonyms, one text cut short) in the ${where}, 1 M customers`,
  against: 'three processes: tap, transform-records, target',
  unit: /** @type {const} */ ('times as fast'),
  floor: 1,
  goal: 1.3,
  rows,
});

export default defineCase({
  results: [result('rules-in-tap', 'tap'), result('rules-in-target', 'target')],
  async prepare() {
    await data('customers', rows, 'csv');
  },
  async round(bench) {
    const tap = { files: [{ entity: 'customers', path: await data('customers', rows, 'csv'), keys: ['id'] }] };
    const folder = join(bench.folder, 'rules-inside');
    const target = { destination_path: folder };
    const env = {
      PII_KEY,
      RULES: bench.configFile('rules', RULES),
      TAP: bench.configFile('tap', tap),
      TAP_RULES: bench.configFile('tap-rules', { ...tap, ...RULES }),
      TARGET: bench.configFile('target-jsonl', target),
      TARGET_RULES: bench.configFile('target-jsonl-rules', { ...target, ...RULES }),
    };
    /** @param {string} pipeline */
    const run = async (pipeline) => {
      const measured = await measure(pipeline, env);
      rmSync(folder, { recursive: true });
      return measured;
    };
    return {
      limit: await run(
        'node bin/tap-csv --config "$TAP" | node bin/transform-records --config "$RULES" | node bin/target-jsonl --config "$TARGET"',
      ),
      ours: {
        'rules-in-tap': await run('node bin/tap-csv --config "$TAP_RULES" | node bin/target-jsonl --config "$TARGET"'),
        'rules-in-target': await run('node bin/tap-csv --config "$TAP" | node bin/target-jsonl --config "$TARGET_RULES"'),
      },
    };
  },
});
