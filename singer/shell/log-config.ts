import { readFileSync } from 'node:fs';
import type { Level } from '../log.ts';
import type { Environment } from './config-sources.ts';
import { variableName } from './config-sources.ts';

/** How logs are to be printed. */
export interface LogConfig {
  readonly structured: boolean;
  /** The least level that is printed. */
  readonly level: Level;
  /** What was odd about the environment's wishes, to be logged once the log stands. */
  readonly complaint?: string;
}

/** Ranks and Python's numbers, which logging configurations may use. */
export const RANKS: Readonly<Record<Level, number>> = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 };

/**
 * Reads what the environment asks for: `SINGER_SDK_LOG_CONFIG` names a JSON logging configuration (Meltano writes one;
 * a formatter whose factory is a StructuredFormatter asks for JSON lines), then `<PLUGIN>_LOGLEVEL`, then `LOGLEVEL`.
 * @param read gives the text of a file; throws what Node's own function throws
 */
export function logConfig(plugin: string, environment: Environment, read: ReadText = readText): LogConfig {
  const file = environment['SINGER_SDK_LOG_CONFIG'];
  const wish = file ? readWish(file, read) : { structured: false, level: undefined };
  const level =
    wish.level ?? levelOf(environment[variableName(plugin, ['LOGLEVEL'])]) ?? levelOf(environment['LOGLEVEL']) ?? 'info';
  return { ...wish, level };
}

type ReadText = (file: string) => string;

function readText(file: string): string {
  return readFileSync(file, 'utf8');
}

interface Wish {
  readonly structured: boolean;
  readonly level: Level | undefined;
  readonly complaint?: string;
}

function readWish(file: string, read: ReadText): Wish {
  let config: unknown;
  try {
    config = readJson(file, read);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'not JSON';
    return {
      structured: false,
      level: undefined,
      complaint: `SINGER_SDK_LOG_CONFIG cannot be used (${code}); logging plain text`,
    };
  }
  const formatters = Object.values(member(config, 'formatters') ?? {});
  const structured = formatters.some((formatter) => {
    const factory = member(formatter, '()') ?? member(formatter, 'class');
    return typeof factory === 'string' && factory.includes('StructuredFormatter');
  });
  return { structured, level: levelOf(member(member(config, 'root'), 'level')) };
}

/** How long, and how often, a file that is being written is waited for. */
const REWRITE = { attempts: 100, pauseMs: 10 };

/**
 * All mappers of a run of Meltano share one file, which it empties and writes anew when it starts the next of them. What is empty, or
 * begins as an object and is no JSON, is therefore read again, for a second at most.
 */
function readJson(file: string, read: ReadText): unknown {
  for (let attempt = 1; ; attempt++) {
    const text = read(file);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (attempt === REWRITE.attempts || !/^\s*(?:\{|$)/.test(text)) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REWRITE.pauseMs);
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A level by Python's name or number; undefined for anything else. */
export function levelOf(value: unknown): Level | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim().toLowerCase();
  if (text === '') return undefined;
  const number = Number(text);
  if (!Number.isNaN(number)) {
    return (Object.keys(RANKS) as Level[]).find((level) => number <= RANKS[level]) ?? 'critical';
  }
  return LEVEL_NAMES[text];
}

const LEVEL_NAMES: Readonly<Record<string, Level>> = {
  notset: 'debug',
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  fatal: 'critical',
  critical: 'critical',
};
