import { connectOptions } from '../../clients/postgres/options.ts';
import type { TransactorOptions } from '../../clients/postgres/transactor.ts';
import type { Run } from '../../singer/index.ts';
import type { TargetConfig } from './settings.ts';

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
    onConnect: `SET temp_buffers = '${TEMP_BUFFERS}'`,
    begin: [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
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
