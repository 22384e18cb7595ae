import { systemError } from '../../clients/postgres/errors.ts';
import { streamOptions, type Run, type Source } from '../../singer/tap/index.ts';
import { discoverTables } from './discover/index.ts';
import { filtersOf } from './discover/filters.ts';
import { streamIds } from './ids.ts';
import { openSessions, type Sessions } from './session.ts';
import { settings, type PostgresConfig } from './settings.ts';
import { lazily, tableStream } from './stream.ts';
import { typeOptions } from './types/options.ts';

/** Connects and finds the streams. Throws ConfigError and SystemError. */
export async function openSource(config: PostgresConfig, run: Run): Promise<Source> {
  const sessions = openSessions(config, run);
  try {
    return { streams: await findStreams(config, run, sessions), close: () => sessions.close() };
  } catch (error) {
    await sessions.close();
    throw systemError(error);
  }
}

async function findStreams(config: PostgresConfig, run: Run, sessions: Sessions): Promise<Source['streams']> {
  const session = await sessions.begin();
  try {
    const { rows } = await session.query('SELECT current_database() AS database');
    const tables = await discoverTables(session, filtersOf(config));
    const ids = streamIds(tables, ({ schema, name }, id) =>
      run.log.warn('Two tables would make streams of the same name: one gets another', { schema, table: name, stream: id }),
    );
    const configOf = streamOptions(settings, config).forStream;
    const shared = { config, configOf, types: typeOptions(config), sessions, database: String(rows[0]?.['database']) };
    const last = {};
    return tables.map((table) => {
      const id = ids.get(table)!;
      return lazily(id, () => tableStream(table.facts(), id, shared), last);
    });
  } finally {
    await sessions.end(session);
  }
}
