// @ts-check
import { createHash } from 'node:crypto';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const PII_KEY = createHash('sha256').update('the key of the bench').digest('hex');

/** What is remembered of the records that passed, and a rule of each kind that remembers. @type {Record<string, [what: string, rules: object]>} */
const WORKS = {
  plain: ['two pseudonyms', { fields: { 'email, phone': 'pseudonymize' } }],
  dedupe: ['dedupe by a key of as many values', { dedupe: { by: ['id'] } }],
  unique: ['the check unique on a key of as many values', { checks: [{ unique: ['id'] }] }],
  // Times come in no order, so that every window stays open to the end. Minutes.
  aggregate: [
    'windows of a week and a country, all open at once',
    { aggregate: { time: 'updated_at', every: '1w', by: ['country'], functions: { '*': 'count' }, lateness: 20_000_000 } },
  ],
};

export default defineCase({
  rounds: 1,
  results: Object.entries(WORKS).map(([name, [what]]) => ({
    id: `transform-memory-${name}`,
    work: `peak memory of transform-records, ${what}, 1 M customers`,
    against: 'nothing',
    unit: 'MB',
    floor: 130,
    goal: 100,
  })),
  async prepare() {
    await data('customers', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('customers', rows, 'singer');
    /** @type {Record<string, import('../measure.mjs').Measure>} */
    const ours = {};
    for (const [name, [, rules]] of Object.entries(WORKS)) {
      const RULES = bench.configFile(name, { keys: { pii: { env: 'PII_KEY' } }, transforms: { customers: rules } });
      ours[`transform-memory-${name}`] = await measure('node bin/transform-records --config "$RULES" < "$LINES" > /dev/null', {
        LINES,
        PII_KEY,
        RULES,
      });
    }
    return { ours };
  },
});
