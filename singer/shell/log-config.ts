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
 */
export function logConfig(plugin: string, environment: Environment): LogConfig {
  const file = environment['SINGER_SDK_LOG_CONFIG'];
  const wish = file ? readWish(file) : { structured: false, level: undefined };
  const level =
    wish.level ?? levelOf(environment[variableName(plugin, ['LOGLEVEL'])]) ?? levelOf(environment['LOGLEVEL']) ?? 'info';
  return { ...wish, level };
}

interface Wish {
  readonly structured: boolean;
  readonly level: Level | undefined;
  readonly complaint?: string;
}

function readWish(file: string): Wish {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, 'utf8'));
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
