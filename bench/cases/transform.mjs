// @ts-check
import { createHash } from 'node:crypto';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 500_000;
const PII_KEY = createHash('sha256').update('the key of the bench').digest('hex');

export default defineCase({
  results: [
    {
      id: 'transform',
      work: 'transform-records, 3 changed fields of 12 (two pseudonyms, one text cut short), 500,000 customers',
      against: 'JSON.parse, HMAC by node:crypto, JSON.stringify',
      unit: 'times as fast',
      floor: 1.8,
      goal: 3,
      rows,
    },
  ],
  async prepare() {
    await data('customers', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('customers', rows, 'singer');
    const RULES = bench.configFile('transform', {
      keys: { pii: { env: 'PII_KEY' } },
      transforms: { customers: { fields: { 'email, phone': 'pseudonymize', street: { truncate: 8 } } } },
    });
    // One read and one written file more each, so that both are known to have made the same lines.
    const OURS = `${bench.folder}/ours.singer`;
    const THEIRS = `${bench.folder}/theirs.singer`;
    const limit = await measure('node bench/limits/transform-objects.mjs pseudonyms < "$LINES" > "$THEIRS"', {
      LINES,
      PII_KEY,
      THEIRS,
    });
    const ours = await measure('node bin/transform-records --config "$RULES" < "$LINES" > "$OURS"', {
      LINES,
      OURS,
      PII_KEY,
      RULES,
    });
    await measure('cmp <(tail -n +2 "$OURS") <(tail -n +2 "$THEIRS")', { OURS, THEIRS });
    return { limit, ours: { transform: ours } };
  },
});
