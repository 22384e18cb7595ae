import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { BigQueryDouble } from '../support/bigquery/double.ts';
import { proveGolden, proveRecorded } from './golden.ts';
import { prove } from './prove.ts';
import { targetBigQuery } from './subjects/target-bigquery.ts';

const double = new BigQueryDouble();
const running = (): BigQueryDouble => double;
beforeAll(async () => void (await double.start()));
afterAll(() => double.stop());

describe('target-bigquery', () => {
  prove(targetBigQuery(running));

  test('[173] nested settings are taken as objects and by dots', async () => {
    const input = `${JSON.stringify({ type: 'SCHEMA', stream: 's', key_properties: [], schema: { properties: { UserId: { type: 'integer' } } } })}
${JSON.stringify({ type: 'RECORD', stream: 's', record: { UserId: 7 } })}
`;
    await runLab(targetBigQuery(running), async (lab) => {
      for (const names of [{ column_name_transforms: { snake_case: true } }, { 'column_name_transforms.snake_case': 'true' }]) {
        const { config, readBack } = await lab.destination();
        const ran = await lab.run({ config: { ...config, ...names }, input });
        expect(ran.code, ran.stderr).toBe(0);
        expect(await readBack?.('s')).toMatchObject([{ user_id: '7' }]);
      }
    });
  });
});
describe('target-bigquery, sample streams [184]', () => proveGolden(targetBigQuery(running)));
describe('target-bigquery, recorded streams [182]', () => proveRecorded(targetBigQuery(running)));
