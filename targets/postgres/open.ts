import { connectOptions } from '../../clients/postgres/options.ts';
import { ident } from '../../clients/postgres/quote.ts';
import type { TransactorOptions } from '../../clients/postgres/transactor.ts';
import type { Run } from '../../singer/index.ts';
import type { TargetConfig } from './settings.ts';

/** The target's own settings, and those of the core that it must know. */
export type OpenConfig = TargetConfig & { readonly validate_records?: boolean; readonly on_bad_record?: string };

/** The oldest version whose catalog we can read (generated columns). */
export const OLDEST = 120_000;

/** How much longer than `statement_timeout` a server may stay silent. */
const GRACE_MS = 5_000;

/** Memory for the sort of a batch by key, which then never goes to disk. */
const WORK_MEM = '64MB';
/** Keeps a stage in memory. */
const TEMP_BUFFERS = '64MB';

/** How our transactions begin: everything is local to the transaction, so that a pooler may be between. */
export function transactorOptions(config: TargetConfig, run: Run, onStale: () => void): TransactorOptions {
  return {
    connect: connectOptions(config, run.log),
    log: run.log,
    signal: run.signal,
    onStale,
    role: config.role,
    // The server gives up first, and says why; this is for a server that can no longer say anything.
    answerWithinMs: config.statement_timeout > 0 ? config.statement_timeout * 1000 + GRACE_MS : undefined,
    // A session whose client has vanished must not hold its locks for hours.
    onConnect: `SET temp_buffers = '${TEMP_BUFFERS}'; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`,
    begin: [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
      // Again, because behind a pooler this may be another session than the one we connected to.
      ...(config.role === undefined ? [] : [`SET LOCAL ROLE ${ident(config.role)}`]),
      // A date-time without zone is UTC.
      "SET LOCAL TIME ZONE 'UTC'",
      `SET LOCAL lock_timeout = ${Math.round(config.lock_timeout * 1000)}`,
      `SET LOCAL statement_timeout = ${Math.round(config.statement_timeout * 1000)}`,
      'SET LOCAL idle_in_transaction_session_timeout = 0',
      `SET LOCAL work_mem = '${WORK_MEM}'`,
      // Compiling a merge takes longer than running it.
      'SET LOCAL jit = off',
      // A state may leave only when its rows survive a crash of the server.
      "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
    ].join('; '),
  };
}
