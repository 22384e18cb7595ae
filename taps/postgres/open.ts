import { systemError } from '../../clients/postgres/errors.ts';
import { ConfigError, streamOptions, type Run, type Source, type Stream } from '../../singer/tap/index.ts';
import { discoverTables, WORK_MEM } from './discover/index.ts';
import { tellMissingSchemas } from './discover/missing.ts';
import { filtersOf } from './discover/filters.ts';
import { streamIds } from './ids.ts';
import { checkConditions } from './limits/conditions.ts';
import { describeQueries } from './queries/describe.ts';
import { checkRights, FILTERED } from './rights.ts';
import { openSessions, type Sessions } from './session.ts';
import { settings, type PostgresConfig } from './settings.ts';
import { lazily, loadReaders, type PostgresStream, queryStream, type Shared, tableStream } from './stream.ts';
import { typeOptions } from './types/options.ts';

export interface PostgresSource extends Source {
  readonly streams: readonly PostgresStream[];
  readonly sessions: Sessions;
  close(): Promise<void>;
}

/** Connects and finds the streams. Throws ConfigError and SystemError. */
export async function openSource(config: PostgresConfig, run: Run): Promise<PostgresSource> {
  const options = streamOptions(settings, config);
  refuseLogBased([config, ...options.options]);
  const sessions = openSessions(config, run);
  try {
    const streams = await findStreams(config, options.forStream, run, sessions);
    for (const pattern of options.unmatched(streams.map(({ id }) => id)))
      run.log.warn('A pattern of stream_options matches no stream', { pattern });
    return {
      streams,
      sessions,
      streamsAtOnce: config.max_parallel_streams,
      prepare: (chosen) => prepare({ sessions, streams, run, config, configOf: options.forStream }, chosen),
      close: () => sessions.close(),
    };
  } catch (error) {
    await sessions.close();
    throw systemError(error);
  }
}

const NOTHING = 'Nothing is there that the settings let through: see filter_schemas, tables and object_types';

async function findStreams(
  config: PostgresConfig,
  configOf: Shared['configOf'],
  run: Run,
  sessions: Sessions,
): Promise<readonly PostgresStream[]> {
  const session = await sessions.begin(WORK_MEM);
  try {
    const queries = await describeQueries(session, config.custom_queries ?? []);
    const filters = filtersOf(config);
    const tables = await discoverTables(session, filters);
    if (tables.length === 0 && queries.length === 0) run.log.warn(NOTHING, { database: session.database });
    await tellMissingSchemas(session, filters, tables, run.log);
    const ids = streamIds(tables, ({ schema, name }, id) =>
      run.log.warn('Two tables would make streams of the same name: one gets another', { schema, table: name, stream: id }),
    );
    const shared = { config, configOf, types: typeOptions(config), sessions, database: session.database };
    const last = {};
    const ofTables = tables.map((table) => {
      const id = ids.get(table)!;
      return lazily(id, () => tableStream(table.facts(), id, shared), last);
    });
    return [...ofTables, ...queries.map((query) => queryStream(query, shared))];
  } finally {
    await sessions.end(session);
  }
}

/** Before the first stream is read. Throws SystemError. */
async function prepare(
  {
    sessions,
    streams,
    run,
    config,
    configOf,
  }: Pick<PostgresSource, 'streams'> & Pick<Shared, 'sessions' | 'config' | 'configOf'> & { run: Run },
  chosen: readonly Pick<Stream, 'id'>[],
): Promise<void> {
  const ids = new Set(chosen.map(({ id }) => id));
  const found = streams.filter(({ id }) => ids.has(id));
  const tables = found.flatMap(({ id, relation: { table } }) => (table === undefined ? [] : [{ id, table }]));
  // The server begins meanwhile.
  const [session] = await Promise.all([sessions.begin(), loadReaders()]);
  try {
    await checkConditions(
      session,
      found.map(({ id, relation: { sql } }) => ({ id, sql, conditions: configOf(id).custom_where_clauses ?? [] })),
    );
    for (const { id, ...facts } of await checkRights(session, tables)) run.log.warn(FILTERED, { stream: id, ...facts });
  } catch (error) {
    throw systemError(error);
  } finally {
    await sessions.end(session);
  }
  if (config.snapshot !== 'shared') return;
  await sessions.share(tables.map(({ table }) => table)).catch((error: unknown) => {
    throw systemError(error);
  });
}

/** Throws ConfigError. */
function refuseLogBased(configs: readonly object[]): void {
  const asked = configs.some((config) => Reflect.get(config, 'default_replication_method') === 'LOG_BASED');
  if (!asked) return;
  const message = 'cannot be LOG_BASED yet: take INCREMENTAL with a replication_key, or FULL_TABLE';
  throw new ConfigError([{ path: 'default_replication_method', message }]);
}
