import { systemError } from '../../clients/postgres/errors.ts';
import type { Transactor } from '../../clients/postgres/transactor.ts';
import { SystemError, type Log } from '../../singer/index.ts';

/** Codes after which nobody knows whether the SQL took effect. */
const LOST: ReadonlySet<string> = new Set(['connection-lost', 'server-unavailable']);

/** The setting's SQL as a list; empty items are left out. */
export function hookSql(setting: string | readonly string[] | undefined): readonly string[] {
  const list = typeof setting === 'string' ? [setting] : (setting ?? []);
  return list.filter((sql) => sql.trim() !== '');
}

/**
 * Runs the SQL of `before_run_sql` or `after_run_sql`, item by item, each in a transaction of its own or in none. Never shows the SQL, which
 * may hold secrets. Throws SystemError `hook-failed` with the number of the item.
 */
export async function runHooks(
  tx: Transactor,
  setting: 'before_run_sql' | 'after_run_sql',
  list: readonly string[],
  log: Log,
): Promise<void> {
  for (const [index, sql] of list.entries()) {
    const place = { setting, item: index + 1, of: list.length };
    const started = performance.now();
    try {
      await tx.once((session) => session.query(sql));
    } catch (error) {
      const { code, facts } = systemError(error);
      throw new SystemError(`Item ${index + 1} of ${setting} failed`, {
        code: 'hook-failed',
        facts: { ...facts, ...place, reason: code },
        hint: LOST.has(code)
          ? 'The connection died: see whether the SQL took effect before running again.'
          : 'Correct the SQL, or what it works on; sqlstate says what the server did not like.',
      });
    }
    log.info('SQL of the settings was run', { ...place, ms: Math.round(performance.now() - started) });
  }
}
