/** Facts of a log line; JSON-able; never a record's values. */
export type Fields = Readonly<Record<string, unknown>>;

export type Level = 'debug' | 'info' | 'warning' | 'error' | 'critical';

/** Logs to stderr: a constant sentence plus fields. WARN: odd, nothing lost. ERROR: lost, or help needed. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Warns once per `key` in a run. */
  warnOnce(key: string, message: string, fields?: Fields): void;
  /** From here on these values are masked in every line: for secrets that do not stand in the settings themselves. */
  conceal(secrets: Iterable<string>): void;
}
