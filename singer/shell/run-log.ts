import type { Fields, Level, Log } from '../log.ts';
import { RANKS, type LogConfig } from './log-config.ts';
import { plainFormat, structuredFormat, type Entry, type ExceptionInfo, type Format, type Metric } from './log-format.ts';
import { createMask, maskUrls, type Mask } from './mask.ts';
import type { Stderr } from './stderr.ts';

/** The log behind `Log`, with what only the shell of an executable may do. */
export interface RunLog extends Log {
  readonly structured: boolean;
  metric(metric: Metric): void;
  /** The end of a run that failed. `exception` is shown by the structured form only. */
  critical(message: string, fields?: Fields, exception?: ExceptionInfo): void;
  /** Nothing more is printed but `critical`: nobody wants the story of a pipe that was closed on purpose. */
  hush(): void;
}

/** Makes the log of one executable. Its format and level are `config`'s. */
export function createLog(plugin: string, config: LogConfig, stderr: Pick<Stderr, 'line'>): RunLog {
  const secrets = new Set<string>();
  let masked: Mask = maskUrls;
  const mask: Mask = (text) => masked(text);
  const format: Format = config.structured ? structuredFormat(plugin, mask) : plainFormat(mask);
  const warned = new Set<string>();
  let least = RANKS[config.level];

  function write(level: Level, message: string, fields?: Fields, more?: Pick<Entry, 'metric' | 'exception'>): void {
    if (RANKS[level] >= least) stderr.line(format({ level, message, fields, at: Date.now(), ...more }));
  }

  return {
    structured: config.structured,
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warning', message, fields),
    error: (message, fields) => write('error', message, fields),
    warnOnce(key, message, fields) {
      if (warned.has(key)) return;
      warned.add(key);
      write('warning', message, fields);
    },
    metric: (metric) => write('info', 'METRIC', undefined, { metric }),
    critical: (message, fields, exception) => write('critical', message, fields, exception === undefined ? {} : { exception }),
    conceal(more) {
      for (const secret of more) secrets.add(secret);
      masked = createMask(secrets);
    },
    hush() {
      least = RANKS.critical;
    },
  };
}
