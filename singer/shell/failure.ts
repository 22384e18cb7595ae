import { ConfigError, TaplineError } from '../errors.ts';
import type { ExceptionInfo, Frame } from './log-format.ts';
import type { RunLog } from './run-log.ts';

/** Causes and frames beyond this say nothing new. */
const MOST_CAUSES = 5;
const MOST_FRAMES = 20;

/** Logs why a run failed: one line per problem, never a stack for what the user can mend. */
export function logFailure(log: RunLog, error: unknown): void {
  if (error instanceof ConfigError) {
    for (const [index, { path, message }] of error.problems.entries()) {
      const text = path === '' ? message : `${path}: ${message}`;
      log.critical(text, { code: error.code, ...error.facts }, index === 0 ? exceptionInfo(error) : undefined);
    }
    if (error.hint !== undefined) log.info(error.hint);
    return;
  }
  if (error instanceof TaplineError) {
    const text = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
    log.critical(text, { code: error.code, ...error.facts, cause: causeText(error.cause) }, exceptionInfo(error));
  } else {
    const { type, message } = described(error);
    log.critical(
      `Unexpected failure: ${message}`,
      { code: 'unexpected', type, cause: causeText(causeOf(error)) },
      exceptionInfo(error),
    );
    // The structured form carries the frames in the line above.
    if (!log.structured)
      for (const frame of frames(error)) log.error(`    at ${frame.function} (${frame.filename}:${frame.lineno})`);
  }
  for (const cause of causes(error)) log.debug('Caused by', { type: described(cause).type, message: described(cause).message });
}

/**
 * What the failure's line tells of a cause. Messages of databases and parsers quote values, so only those of system calls
 * and our own are shown; the rest is at debug level.
 */
function causeText(cause: unknown): string | undefined {
  if (cause === undefined || cause === null) return undefined;
  const { type, message } = described(cause);
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof TaplineError || syscall !== undefined) return message;
  return code === undefined ? type : `${type} ${code}`;
}

function* causes(error: unknown): Generator {
  let cause = causeOf(error);
  for (let depth = 0; cause !== undefined && depth < MOST_CAUSES; depth++) {
    yield cause;
    cause = causeOf(cause);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? undefined) : undefined;
}

/** The failure as the structured log form wants it. */
export function exceptionInfo(error: unknown, depth = 0): ExceptionInfo {
  const cause = causeOf(error);
  const hint = error instanceof TaplineError ? error.hint : undefined;
  return {
    ...described(error),
    module: error instanceof TaplineError ? 'tapline' : 'node',
    traceback: frames(error),
    // What a cause says may quote values; its kind and place are enough here.
    cause:
      cause === undefined || depth >= MOST_CAUSES
        ? null
        : { ...exceptionInfo(cause, depth + 1), message: causeText(cause) ?? '' },
    context: null,
    notes: hint === undefined ? null : [hint],
  };
}

function described(error: unknown): { type: string; message: string } {
  if (error instanceof TaplineError) return { type: error.type, message: error.message };
  if (!(error instanceof Error)) return { type: typeof error, message: 'something that is no Error was thrown' };
  // The engine's complaint about JSON quotes the text.
  const message = error instanceof SyntaxError ? error.message.replace(/".*"/s, '"…"') : error.message;
  return { type: error.name, message };
}

const FRAME = /^\s*at (?:(?<name>.+?) \()?(?<file>(?:file:\/\/|node:|\/|[A-Za-z]:\\)[^)]*?):(?<line>\d+):\d+\)?$/;

function frames(error: unknown): Frame[] {
  if (!(error instanceof Error)) return [];
  const found: Frame[] = [];
  for (const text of (error.stack ?? '').split('\n')) {
    const groups = FRAME.exec(text)?.groups;
    if (groups === undefined) continue;
    found.push({
      filename: groups['file']!,
      function: groups['name'] ?? '<anonymous>',
      lineno: Number(groups['line']),
      line: '',
    });
    if (found.length === MOST_FRAMES) break;
  }
  return found;
}
