import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';

test('the rules in the README do what it says', async () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const block = [...readme.matchAll(/```json\n([^]*?)```/g)]
    .map(([, text]) => text!)
    .find((text) => text.includes('"transforms"'));
  const text = { type: ['string', 'null'] };
  process.env['PII_KEY'] = randomBytes(32).toString('hex');
  try {
    const { records, schema } = await transform(JSON.parse(block!) as JsonObject, [
      schemaOf('checkins', { user: text, timestamp: text, hours: text }),
      recordOf('checkins', { user: ' Ada', timestamp: '3 мая 2019 10:05', hours: '7.50' }),
      recordOf('checkins', { user: 'ada ', timestamp: '2019-05-03T10:05:00.123456Z', hours: '8' }),
      recordOf('checkins', { user: ' ', timestamp: null, hours: null }),
    ]);
    const [first, second] = records('checkins') as JsonObject[];
    expect(first).toMatchObject({ user: expect.stringMatching(/^[\da-f]{32}$/) as string, timestamp: '2019-05-03T10:05:00Z' });
    expect(second).toMatchObject({ user: first!['user'], timestamp: '2019-05-03T10:05:00.123456Z', hours: 8 });
    expect(records('checkins')).toHaveLength(2);
    expect(records('checkins__quarantine')).toHaveLength(1);
    expect((schema('checkins')!['schema'] as JsonObject)['properties']).toMatchObject({
      timestamp: { format: 'date-time' },
      hours: { type: expect.arrayContaining(['number']) as string[] },
    });
  } finally {
    delete process.env['PII_KEY'];
  }
});
