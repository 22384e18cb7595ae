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
  return [...(config.custom_where_clauses ?? []), ...windowOf(config, stream, columns, replicationKey)];
}

function windowOf(
  { window }: LimitConfig,
  stream: string,
  columns: readonly TableColumn[],
  replicationKey: string | undefined,
): string[] {
  if (window === undefined) return [];
  const name = window.column ?? replicationKey;
  const column = columns.find((column) => column.name === name);
  if (column === undefined) {
    const what =
      name === undefined ? 'is needed where there is no replication key' : `names ${name}, which the stream does not have`;
    throw new ConfigError([{ path: `stream_options.${stream}.window.column`, message: what }]);
  }
  const { sql, value } = orderColumn(column.name, column.type);
  const bound = (operator: string, text: string | number | undefined): string[] =>
    text === undefined ? [] : [`${sql} ${operator} ${value(String(text))}`];
  return [...bound('>=', window.from), ...bound('<', window.before)];
}
