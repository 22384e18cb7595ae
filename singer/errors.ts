/**
 * The six errors, sorted by what the reader must do next. They are thrown anywhere and printed only in `run.ts`.
 * `code` is stable and meant for programs; `facts` never hold record values or secrets.
 */
export interface ErrorOptions {
  /** Stable, kebab-case, for programs. */
  readonly code: string;
  /** Facts as fields: stream, key, line, file. Never a record's value, never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** What to do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Name shown as the error's type in structured logs, where others rely on a name (for example the SDK's). */
  readonly type?: string;
}

export abstract class TaplineError extends Error {
  abstract readonly exitCode: number;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;
  readonly type: string;

  constructor(message: string, options: ErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.facts = options.facts ?? {};
    this.hint = options.hint;
    this.type = options.type ?? new.target.name;
    this.name = this.type;
  }
}

/** One thing wrong with the settings. */
export interface Problem {
  /** Path of the setting, dotted, with list indexes: `files[0].path`. */
  readonly path: string;
  /** What is wrong; never shows the value of a secret. */
  readonly message: string;
}

/** The settings must change. Carries every problem at once. Exit code 2. */
export class ConfigError extends TaplineError {
  readonly exitCode = 2;
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[], options: Partial<ErrorOptions> = {}) {
    super(problems.map((p) => (p.path ? `${p.path}: ${p.message}` : p.message)).join('\n'), {
      code: 'config',
      ...options,
    });
    this.problems = problems;
  }
}

/** The upstream's message or file is malformed. Says the line and the kind, never the content. Exit code 1. */
export class InputError extends TaplineError {
  readonly exitCode = 1;
}

/** A record breaks its schema: stream, key names, column and rule, never the value. Exit code 1. */
export class RecordError extends TaplineError {
  readonly exitCode = 1;
}

/** The source or the warehouse failed. Retried in one place; exit code 1. */
export class SystemError extends TaplineError {
  readonly exitCode = 1;
}

/** The data are not as good as the user has asked for: a check broke. What came before it has been sent on. Exit code 3. */
export class QualityError extends TaplineError {
  readonly exitCode = 3;
}

/** A signal asked to stop: 143 for SIGTERM, 130 for SIGINT. */
export class Interrupted extends TaplineError {
  readonly exitCode: number;
  constructor(signal: 'SIGTERM' | 'SIGINT') {
    super(`Stopped by ${signal}`, { code: 'interrupted', facts: { signal } });
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
  }
}
