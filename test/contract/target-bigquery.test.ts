import { afterAll, beforeAll, describe } from 'vitest';
import { BigQueryDouble } from '../support/bigquery/double.ts';
import { proveGolden, proveRecorded } from './golden.ts';
import { prove } from './prove.ts';
import { targetBigQuery } from './subjects/target-bigquery.ts';

const double = new BigQueryDouble();
const running = (): BigQueryDouble => double;
beforeAll(async () => void (await double.start()));
afterAll(() => double.stop());

describe('target-bigquery', () => prove(targetBigQuery(running)));
describe('target-bigquery, sample streams [184]', () => proveGolden(targetBigQuery(running)));
describe('target-bigquery, recorded streams [182]', () => proveRecorded(targetBigQuery(running)));
