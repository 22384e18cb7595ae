import type { Fields, Level } from '../log.ts';
import type { Mask } from './mask.ts';

/** One metric as Singer and Meltano know it. */
export interface Metric {
  readonly type: 'counter' | 'timer';
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A failure as the structured form shows it. */
export interface ExceptionInfo {
  readonly type: string;
  readonly module: string;
  readonly message: string;
  readonly traceback: readonly Frame[];
  readonly cause: ExceptionInfo | null;
  readonly context: ExceptionInfo | null;
  readonly notes: readonly string[] | null;
}

export interface Frame {
  readonly filename: string;
  readonly function: string;
  readonly lineno: number;
  readonly line: string;
}

export interface Entry {
  readonly level: Level;
  readonly message: string;
  readonly fields?: Fields | undefined;
  readonly metric?: Metric;
  readonly exception?: ExceptionInfo;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Turns an entry into one line, without the newline. */
export type Format = (entry: Entry) => string;

/** Meltano reads stderr with a 64 KiB limit and hangs above it; 16 KiB leaves room for a line it wraps around ours. */
export const MAX_LINE_BYTES = 16 * 1024;

/** Plain text for people: `LEVEL message key=value`. Never a JSON scalar or array, because it begins with the level. */
export function plainFormat(mask: Mask): Format {
  return ({ level, message, fields, metric }) => {
    const head = level.toUpperCase();
    if (metric !== undefined) {
      const tags = Object.fromEntries(Object.entries(metric.tags).map(([name, tag]) => [name, mask(tag)]));
      return cut(`${head} METRIC: ${JSON.stringify({ ...metric, tags })}`);
    }
    return cut(mask(oneLine(`${head} ${message}${factsText(fields)}`)));
  };
}

/** ` key=value key=value`. */
function factsText(fields: Fields | undefined): string {
  const facts = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
  return facts.map(([name, value]) => ` ${name}=${plainValue(value)}`).join('');
}

/** Names that collide with Meltano's logger call; some of them end its log capture. */
const FORBIDDEN = new Set(['name', 'event', 'level', 'self', 'plugin_exception', 'plugin_logger']);

/**
 * The JSON lines that Meltano parses when a plugin has the capability `structured-logging`: all eight keys are needed in
 * every line, or it is shown as raw text. Schema: meltano/sdk singer_sdk/schemas/logs.schema.json.
 */
export function structuredFormat(plugin: string, mask: Mask): Format {
  return ({ level, message, fields, metric, exception, at }) => {
    const { stream, ...rest } = fields ?? {};
    const extra = Object.fromEntries(
      Object.entries(rest).flatMap(([name, value]) =>
        value === undefined ? [] : [[FORBIDDEN.has(name) ? `${name}_` : name, value]],
      ),
    );
    const line = {
      level,
      pid: process.pid,
      logger_name: plugin,
      ts: at / 1000,
      thread_name: 'MainThread',
      app_name: plugin,
      stream_name: metric?.tags['stream'] ?? (typeof stream === 'string' ? stream : null),
      // With its facts: Meltano's console shows the message and nothing of `extra`.
      message: metric === undefined ? `${message}${factsText(fields)}` : 'METRIC',
      extra,
      ...(metric === undefined ? {} : { metric_info: metric }),
      ...(exception === undefined ? {} : { exception }),
    };
    return fitted(line, mask);
  };
}

/** Shortens texts, then lets the extras go, until the line fits. */
function fitted(line: Record<string, unknown>, mask: Mask): string {
  for (const longest of [Number.POSITIVE_INFINITY, 4096, 1024, 256, 64]) {
    const text = JSON.stringify(line, (_, value: unknown) => (typeof value === 'string' ? shorten(mask(value), longest) : value));
    if (Buffer.byteLength(text) < MAX_LINE_BYTES) return text;
  }
  const { exception, ...rest } = line;
  const bare = {
    ...rest,
    extra: { truncated: true },
    ...(exception === undefined ? {} : { exception: bareException(exception as ExceptionInfo) }),
  };
  return JSON.stringify(bare, (_, value: unknown) => (typeof value === 'string' ? shorten(mask(value), 512) : value));
}

function bareException(exception: ExceptionInfo): ExceptionInfo {
  return { ...exception, traceback: exception.traceback.slice(0, 3), cause: null, context: null, notes: null };
}

function shorten(text: string, longest: number): string {
  return text.length <= longest
    ? text
    : `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}… [${text.length - longest} more characters cut]`;
}

function plainValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=\\\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(value) ?? String(value);
}

/** Escapes what would break the line or paint on a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\u007f-\u2029]$/u, hex),
  );
}

function hex(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Cuts a line at 16 KiB, newline included, between characters, and says so. */
function cut(line: string): string {
  // No character needs more than three bytes per UTF-16 unit, so most lines need no count.
  if (line.length * 3 < MAX_LINE_BYTES) return line;
  const bytes = Buffer.from(line);
  if (bytes.length < MAX_LINE_BYTES) return line;
  const mark = `… [truncated, ${bytes.length} bytes in all]`;
  let end = MAX_LINE_BYTES - 1 - Buffer.byteLength(mark);
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + mark;
}
