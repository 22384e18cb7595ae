import { format } from 'node:util';
import type { Log } from '../log.ts';

/** Methods that write by themselves, and the level each means; all others of the console end in one of these. */
const METHODS = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  trace: 'debug',
  dir: 'info',
  dirxml: 'info',
  warn: 'warn',
  error: 'warn',
} as const;

/** Sends what libraries print to the log: stdout carries messages only, and stderr whole log lines only. */
export function redirectConsole(console: Console, log: Pick<Log, 'debug' | 'info' | 'warn'>): void {
  for (const [method, level] of Object.entries(METHODS)) {
    Object.assign(console, { [method]: (...parts: unknown[]) => log[level](format(...parts)) });
  }
}
