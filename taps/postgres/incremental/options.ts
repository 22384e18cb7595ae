import { literal } from '../../../clients/postgres/quote.ts';
import { ConfigError, type Config } from '../../../singer/tap/index.ts';
import type { TableColumn } from '../model.ts';
import { orderColumn } from './position.ts';
import type { incrementalSettings } from './settings.ts';

export type IncrementalConfig = Config<typeof incrementalSettings>;

/** What the settings say of one stream. */
export interface IncrementalOptions {
  /** Exact texts of the replication key before which no row is read. */
  readonly starts: readonly string[];
  readonly findLate: boolean;
  /** SQL of what lies so far before the value that this SQL gives; undefined: everything before it is looked at. */
  readonly lookback: ((value: string) => string) | undefined;
  readonly nulls: IncrementalConfig['null_replication_key'];
}

const MOMENTS: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);
const NUMBERS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']);
const NUMBER = /^\d+(?:\.\d+)?$/;

/** Reads the settings of a stream with this replication key. Throws ConfigError for a lookback that cannot be one of it. */
export function incrementalOptions(config: IncrementalConfig, stream: string, { name, type }: TableColumn): IncrementalOptions {
  const own = type.schema === 'pg_catalog';
  const isMoment = own && MOMENTS.has(type.name);
  const starts = [config.start_value, isMoment ? config.start_date : undefined].filter((value) => value !== undefined);
  return {
    starts: starts.map(String),
    findLate: config.late_commits === 'find',
    lookback: lookbackSql(
      config.lookback,
      isMoment ? 'moment' : own && NUMBERS.has(type.name) ? 'number' : 'other',
      (message) => {
        throw new ConfigError(
          [{ path: 'lookback', message: `${message} (stream ${stream}, replication key ${name} of type ${type.text})` }],
          {
            hint: 'Set it in stream_options for the streams that it fits.',
          },
        );
      },
    ),
    nulls: config.null_replication_key,
  };
}

function lookbackSql(
  lookback: IncrementalConfig['lookback'],
  kind: 'moment' | 'number' | 'other',
  refuse: (message: string) => never,
): IncrementalOptions['lookback'] {
  if (lookback === undefined) return undefined;
  const text = String(lookback);
  switch (kind) {
    case 'moment':
      return (value) => `${value} - ${literal(typeof lookback === 'string' ? text : `${text} seconds`)}::interval`;
    case 'number':
      if (!NUMBER.test(text)) refuse('must be a number, not below 0');
      return (value) => `${value} - ${text}`;
    default:
      return refuse('is for dates, times and numbers');
  }
}

/** SQL conditions that keep rows before the starts out. `nulls`: rows without a key are wanted all the same. */
export function startConditions({ starts }: IncrementalOptions, key: TableColumn, nulls: boolean): string[] {
  const { sql, value } = orderColumn(key.name, key.type);
  return starts.map((start) => (nulls ? `(${sql} IS NULL OR ${sql} >= ${value(start)})` : `${sql} >= ${value(start)}`));
}
