import { ConfigError, type Config } from '../../../singer/tap/index.ts';
import { orderColumn } from '../incremental/position.ts';
import type { TableColumn } from '../model.ts';
import type { limitSettings } from './settings.ts';

export type LimitConfig = Config<Omit<typeof limitSettings, 'stream_options'>>;

/** True if a stream is not read whole, whatever is in it: what it lacks is not gone. */
export function isPart({ window, max_record_count }: LimitConfig): boolean {
  return window !== undefined || max_record_count !== undefined;
}

/** SQL conditions that the settings put on a stream's rows. Throws ConfigError for a window over a column that the stream does not have. */
export function filtersOf(
  config: LimitConfig,
  stream: string,
  columns: readonly TableColumn[],
  replicationKey: string | undefined,
): readonly string[] {
  return [
    ...(config.custom_where_clauses ?? []),
    ...boundsOf(config, stream, columns, replicationKey).map(({ condition }) => condition),
  ];
}

/** A bound of a window: the setting that says it, and its SQL. */
export interface Bound {
  readonly path: string;
  readonly condition: string;
  /** Of the value alone. */
  readonly value: string;
}

/** The bounds of a stream's window. Throws ConfigError for one over a column that the stream does not have. */
export function boundsOf(
  { window }: LimitConfig,
  stream: string,
  columns: readonly TableColumn[],
  replicationKey: string | undefined,
): readonly Bound[] {
  if (window === undefined) return [];
  const path = `stream_options.${stream}.window`;
  const name = window.column ?? replicationKey;
  const column = columns.find((column) => column.name === name);
  if (column === undefined) {
    const what =
      name === undefined ? 'is needed where there is no replication key' : `names ${name}, which the stream does not have`;
    throw new ConfigError([{ path: `${path}.column`, message: what }]);
  }
  const { sql, value } = orderColumn(column.name, column.type);
  const bound = (member: 'from' | 'before', operator: string): Bound[] => {
    const text = window[member];
    if (text === undefined) return [];
    return [{ path: `${path}.${member}`, condition: `${sql} ${operator} ${value(String(text))}`, value: value(String(text)) }];
  };
  return [...bound('from', '>='), ...bound('before', '<')];
}
