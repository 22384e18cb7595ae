import { onTestFinished } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/bigquery/index.ts';
import { nothingSaid, through, type Lane, type Said } from '../through.ts';
import { BigQueryDouble, type DoubleOptions } from './double.ts';

/** A double that ends with the test. */
export async function startDouble(options?: DoubleOptions): Promise<BigQueryDouble> {
  const double = await new BigQueryDouble(options).start();
  onTestFinished(() => double.stop());
  return double;
}

export interface Loading {
  readonly settings?: Readonly<Record<string, Json>>;
  readonly lane?: Lane;
  /** Filled while the run goes on, for runs that fail. */
  readonly said?: Said;
}

/** Loads messages into dataset `d` of a double by the whole of the core; a column for each property unless the settings say otherwise. */
export async function loadInto(double: BigQueryDouble, messages: readonly object[], loading: Loading = {}): Promise<Said> {
  const { lane = 'fast', said = nothingSaid(), settings = {} } = loading;
  return through(target, {
    lane,
    said,
    settings: { project: double.project, dataset: 'd', api_endpoint: double.url, denormalized: true, ...settings },
    lines: messages.map((message) => JSON.stringify(message)),
  });
}

export function schema(stream: string, properties: object, keys: readonly string[] = ['id']): object {
  return { type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: keys };
}

export function record(stream: string, values: object): object {
  return { type: 'RECORD', stream, record: values };
}

export function state(value: object): object {
  return { type: 'STATE', value };
}
