import { connect, type Session } from '../../clients/postgres/connect.ts';
import { remedyOf, sqlState, systemError } from '../../clients/postgres/errors.ts';
import { connectOptions, type ConnectOptions } from '../../clients/postgres/options.ts';
import { ident, literal } from '../../clients/postgres/quote.ts';
import { ConfigError, type Run, SystemError, withRetry } from '../../singer/tap/index.ts';
import type { Table } from './model.ts';
import type { PostgresConfig } from './settings.ts';
import { exportSnapshot, isSnapshotGone, snapshotLost } from './shared-snapshot.ts';

/** The oldest version that tells snapshots by ids that never come again (pg_current_snapshot). */
const OLDEST = 130_000;
const WITH_TRANSACTION_TIMEOUT = 170_000;
/** How much longer than `statement_timeout` a server may stay silent. */
const GRACE_MS = 5_000;

/** The connections of a run. */
export interface Sessions {
  /**
   * A connection with a transaction begun that sees one moment and cannot write; give it back by `end`. Tried again as `max_retries` says.
   * `settings`: more of them, as SQL. Throws SystemError.
   */
  begin(...settings: readonly string[]): Promise<Session>;
  /** Ends the transaction; a connection that still works is used again. Never throws. */
  end(session: Session): Promise<void>;
  /**
   * From here on, all transactions see the same moment: that of one that stays open until `close`, with what is locked in it for these
   * tables. When its connection is lost, `begin` throws SystemError `snapshot-lost`. Throws as `begin` does, and the server's errors.
   */
  share(tables: readonly Table[]): Promise<void>;
  close(): Promise<void>;
}

/** Throws ConfigError; connects at the first `begin`. */
export function openSessions(config: PostgresConfig, run: Run): Sessions {
  const options = connectOptions(config, run.log, process.env, placeOf(config));
  let shared: { readonly session: Session; readonly snapshot: string } | undefined;
  const idle: Session[] = [];
  let connectedOnce = false;
  const begun = async (settings: readonly string[]): Promise<Session> => {
    if (shared?.session.lost === true) throw snapshotLost();
    const session = idle.pop() ?? (await connect(options));
    try {
      if (session.version < OLDEST) throw tooOld(session.version);
      session.answerWithinMs = config.statement_timeout > 0 ? config.statement_timeout * 1000 + GRACE_MS : undefined;
      const path = `SET LOCAL search_path = ${catalogFirst(session.searchPath)}`;
      await session.queries([beginning(config, session.version, shared?.snapshot), path, ...settings]);
      connectedOnce = true;
      return session;
    } catch (error) {
      await session.close();
      throw shared !== undefined && isSnapshotGone(error) ? snapshotLost() : error;
    }
  };
  const sessions: Sessions = {
    async begin(...settings) {
      try {
        return await withRetry(() => begun(settings), {
          retries: options.maxRetries,
          signal: run.signal,
          // A first connection that is refused outright is a wrong setting more often than a passing fault.
          again: async (error) => remedyOf(error) !== 'fail' && (connectedOnce || isServers(error)),
          onWait: (error, attempt, waitMs) => {
            const { code, facts } = systemError(error);
            run.log.warn('Postgres cannot be reached, which may pass: it is tried again', {
              ...facts,
              code,
              attempt,
              wait_ms: waitMs,
            });
          },
        });
      } catch (error) {
        throw explained(error, config, options, connectedOnce);
      }
    },
    async end(session) {
      if (session.lost) return session.close();
      try {
        await session.query('ROLLBACK');
        idle.push(session);
      } catch {
        // The server ends the transaction of a connection that is gone by itself.
        await session.close();
      }
    },
    async share(tables) {
      const session = await sessions.begin();
      try {
        shared = { session, snapshot: await exportSnapshot(session, tables) };
      } catch (error) {
        await sessions.end(session);
        throw error;
      }
    },
    async close() {
      const open = shared === undefined ? idle.splice(0) : [shared.session, ...idle.splice(0)];
      await Promise.all(open.map((session) => session.close()));
    },
  };
  return sessions;
}

/** The place that replaces host and port. Throws ConfigError. */
function placeOf({ use_secondary: isSecondary, secondary_host: host, secondary_port: port }: PostgresConfig): {
  host?: string;
  port?: string;
} {
  if (!isSecondary) return {};
  if (host === undefined) throw new ConfigError([{ path: 'secondary_host', message: 'is needed with use_secondary' }]);
  return { host, ...(port === undefined ? {} : { port: String(port) }) };
}

/**
 * How a transaction begins. What the role, the database or the server set for sessions must not change what values look like; all is local to the
 * transaction, so that a pooler may be between. `version` is the server's; `snapshot`: the name of the one whose moment it sees.
 */
export function beginning(
  config: Pick<PostgresConfig, 'role' | 'statement_timeout' | 'lock_timeout'>,
  version: number,
  snapshot?: string,
): string {
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    // Before anything that looks at something.
    ...(snapshot === undefined ? [] : [`SET TRANSACTION SNAPSHOT ${literal(snapshot)}`]),
    ...(config.role === undefined ? [] : [`SET LOCAL ROLE ${ident(config.role)}`]),
    "SET LOCAL client_encoding = 'UTF8'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'iso_8601'",
    'SET LOCAL extra_float_digits = 3',
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL xmlbinary = 'base64'",
    'SET LOCAL standard_conforming_strings = on',
    `SET LOCAL statement_timeout = ${Math.round(config.statement_timeout * 1000)}`,
    `SET LOCAL lock_timeout = ${Math.round(config.lock_timeout * 1000)}`,
    'SET LOCAL idle_in_transaction_session_timeout = 0',
    ...(version < WITH_TRANSACTION_TIMEOUT ? [] : ['SET LOCAL transaction_timeout = 0']),
    // Compiling a query that is run once takes longer than running it.
    'SET LOCAL jit = off',
  ].join('; ');
}

/** A path with the system's catalog before all of it: what SQL of the user's finds by it stays, but nothing stands in for what we ask of the server. */
function catalogFirst(searchPath: string): string {
  const names = searchPath.match(/"(?:[^"]|"")+"|[^\s,"]+/g) ?? [];
  return ['pg_catalog', ...names.map((name) => (name.startsWith('"') ? name : ident(name.toLowerCase())))].join(', ');
}

function explained(
  error: unknown,
  config: PostgresConfig,
  { host, port, database }: ConnectOptions,
  connectedOnce: boolean,
): Error {
  const state = sqlState(error);
  if (!connectedOnce && state === undefined && remedyOf(error) === 'reconnect') {
    return new SystemError(`No Postgres server answers: ${error instanceof Error ? error.message : 'no reason is known'}`, {
      code: 'server-unreachable',
      facts: { host, port },
      hint: 'Check host and port, that the server runs, and that no firewall is between.',
      cause: error,
    });
  }
  if (config.role !== undefined && (state === '22023' || state === '42501' || state === '42704')) {
    return new SystemError(`The role ${config.role} cannot be taken on`, {
      code: 'role-refused',
      facts: { role: config.role, sqlstate: state },
      hint: `Create the role, or make the user a member of it: GRANT ${ident(config.role)} TO …`,
    });
  }
  return systemError(error, { host, port, database });
}

function tooOld(version: number): SystemError {
  return new SystemError(`The server is Postgres ${Math.floor(version / 10_000)}; it has to be ${OLDEST / 10_000} or newer`, {
    code: 'server-too-old',
    facts: { version },
    hint: 'Upgrade the server, or read from a newer one.',
  });
}

/** True when the server itself answered (starting up, no connection left), so that waiting may help. */
function isServers(error: unknown): boolean {
  return /^(?:57|53)/.test(sqlState(error) ?? '');
}
