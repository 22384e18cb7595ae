import type { Destination, StoredRow, Subject } from '../../../check/index.ts';
import type { Json } from '../../../singer/index.ts';
import { ExactNumber } from '../../../singer/index.ts';
import { stringifyExact } from '../../../singer/json-text.ts';
import plugin from '../../../targets/bigquery/index.ts';
import { otherTableName, tableName } from '../../../targets/bigquery/names/names.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

let made = 0;

/** target-bigquery with a column for each property, each destination a dataset of its own in one double. */
export function targetBigQuery(double: () => BigQueryDouble): Subject {
  return {
    kind: 'target',
    name: 'target-bigquery',
    command: [executable('target-bigquery')],
    config: {},
    badConfigExit: 2,
    // With http:// no credentials are looked at, so that any text may stand in a config that works.
    secret: { setting: 'credentials_json', value: 's3cr&t "quoted" / word' },
    badConfigs: [
      { config: { load_interval_seconds: 'long' }, mentions: ['load_interval_seconds'] },
      { config: { method: 'magic', max_retries: 'lots' }, mentions: ['method', 'max_retries'] },
      { config: { batch_size_rows: 'many', validate_records: 3 }, mentions: ['batch_size_rows', 'validate_records'] },
    ],
    needs: ['project', 'dataset'],
    sharesDestination: true,
    ways: waysOf(plugin),
    makeDestination: async (settings) => makeDestination(double(), settings),
  };
}

async function makeDestination(double: BigQueryDouble, settings: Readonly<Record<string, unknown>>): Promise<Destination> {
  const dataset = `check_${made++}`;
  const names = async (): Promise<string[]> => [...(double.datasets.get(dataset)?.tables.keys() ?? [])];
  return {
    config: {
      project: double.project,
      dataset,
      api_endpoint: double.url,
      denormalized: true,
      // A double is exact to 15 digits, and what it loses is noted.
      number_type: 'bignumeric',
      load_interval_seconds: 0,
      ...settings,
    },
    names,
    async readBack(stream) {
      const tables = await names();
      const table = [otherTableName(stream), tableName(stream)].find((name) => tables.includes(name));
      return table === undefined ? [] : double.rows(dataset, table).map(storedRow);
    },
    drop: async () => void double.datasets.delete(dataset),
  };
}

function storedRow(row: Readonly<Record<string, Json>>): StoredRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  return value instanceof ExactNumber ? value.text : stringifyExact(value);
}
