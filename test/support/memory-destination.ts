import type { Fields } from '../../singer/log.ts';
import { defineTarget, type Run } from '../../singer/plugin.ts';
import type { Destination, Encoder, StreamHeader, Unit } from '../../singer/target/destination.ts';
import { checkConfig } from '../../singer/shell/config.ts';
import { createRecordScanner } from '../../singer/scan/record-scanner.ts';
import { load } from '../../singer/target/load.ts';
import { targetSettings } from '../../singer/target/load-settings.ts';

/** What the destination and the outside saw, in order. */
export interface Seen {
  /** All rows: `stream:{record as a value}|{record as it stands in the line}`. */
  readonly rows: string[];
  /** Rows and activations by unit: `a 1`, `a! 7`. */
  readonly units: string[][];
  readonly states: string[];
  /** At each printed state: how many rows were durable. */
  readonly durableAtState: number[];
  readonly opened: { readonly header: StreamHeader; readonly config: object }[];
  readonly warnings: { readonly message: string; readonly fields: Fields | undefined }[];
  readonly summaries: Map<string, object>;
  /** Of the summaries. */
  readonly outcomes: Set<string>;
  complete: string[] | undefined;
  closed: boolean;
}

export interface World {
  readonly seen: Seen;
  run(input: AsyncIterable<Buffer> | string, settings?: object): Promise<void>;
  readonly stop: AbortController;
}

export interface WorldOptions {
  readonly load?: Destination['load'];
  readonly finish?: Destination['finish'];
  readonly close?: Destination['close'];
  /** The encoder of a stream, around the plain one; undefined leaves the stream out. */
  readonly encoder?: (header: StreamHeader, plain: Encoder) => Encoder | undefined;
  readonly outputFails?: boolean;
}

/** A target in memory behind the whole of `load`. */
export function world({ load: onLoad, finish, close, encoder, outputFails = false }: WorldOptions = {}): World {
  const seen: Seen = {
    rows: [],
    units: [],
    states: [],
    durableAtState: [],
    opened: [],
    warnings: [],
    summaries: new Map(),
    outcomes: new Set(),
    complete: undefined,
    closed: false,
  };
  const stop = new AbortController();
  const target = defineTarget({
    name: 'target-memory',
    summary: 'For tests',
    settings: { load_method: { type: 'string', default: 'upsert', perStream: true, description: 'Not used.' } },
    open: () =>
      Promise.resolve({
        openStream: (header, config) => {
          seen.opened.push({ header, config });
          const plain = plainEncoder(header.stream);
          return Promise.resolve(encoder === undefined ? plain : encoder(header, plain));
        },
        load: async (unit: Unit) => {
          await new Promise((resolve) => setImmediate(resolve));
          const result = (await onLoad?.(unit)) ?? 'committed';
          seen.units.push([]);
          for (const part of unit.parts) {
            const rows = Buffer.concat(part.blocks).toString().split('\n').filter(Boolean);
            seen.rows.push(...rows);
            const { stream } = part.header;
            seen.units.at(-1)!.push(...rows.map((row) => `${stream} ${row.slice(stream.length + 1, row.lastIndexOf('|'))}`));
            if (part.activate !== undefined) seen.units.at(-1)!.push(`${stream}! ${part.activate}`);
          }
          return result;
        },
        finish: async (end) => {
          await finish?.(end);
          seen.complete = [...end.complete];
        },
        close: async () => {
          seen.closed = true;
          await close?.();
        },
      }),
  });
  const warn = (message: string, fields?: Fields): void => void seen.warnings.push({ message, fields });
  const once = new Set<string>();
  const warnOnce = (key: string, message: string, fields?: Fields): void => {
    if (!once.has(key)) warn(message, fields);
    once.add(key);
  };
  const silent = { debug() {}, info() {}, warn, error() {}, warnOnce, conceal() {} };
  const run: Run = { name: 'target-memory', version: '0', log: silent, signal: stop.signal };
  const defaults = checkConfig(
    { ...targetSettings, ...target.settings },
    { batch_size_rows: 5, max_line_bytes: 1_048_576 },
  ).config;
  return {
    seen,
    stop,
    run: (input, settings = {}) =>
      load({
        target,
        config: { ...defaults, ...settings },
        run,
        input: typeof input === 'string' ? chunks([Buffer.from(input)]) : input,
        output: {
          write: (line) => {
            if (outputFails) throw new Error('closed');
            seen.states.push(String(line).trimEnd());
            seen.durableAtState.push(seen.rows.length);
            return undefined;
          },
          flush: () => Promise.resolve(),
        },
        meter: {
          records() {},
          state() {},
          summary(stream, facts, outcome) {
            seen.summaries.set(stream, facts ?? {});
            seen.outcomes.add(outcome ?? 'succeeded');
          },
          close() {},
        },
      }),
  };
}

function plainEncoder(stream: string): Encoder {
  return {
    encode: (record, meta, out) => {
      out.appendText(`${stream}:${JSON.stringify(record)}|${meta.line.toString('utf8', meta.recordStart, meta.recordEnd)}\n`);
      out.rows++;
    },
  };
}

/** The plain encoder with a fast lane that gives the same bytes. */
export function withFastLane(header: StreamHeader, plain: Encoder): Encoder {
  const scanner = createRecordScanner(header, { validated: true, learnAfter: 2 });
  if (scanner === undefined) return plain;
  return {
    ...plain,
    encodeLines(chunk, start, end, out) {
      let at = start;
      while (at < end && scanner.scan(chunk, at, end)) {
        const text = chunk.toString('utf8', scanner.recordStart, scanner.recordEnd);
        out.appendText(`${header.stream}:${JSON.stringify(JSON.parse(text))}|${text}\n`);
        out.rows++;
        at = scanner.lineEnd;
      }
      return at;
    },
  };
}

export async function* chunks(list: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of list) {
    await new Promise((resolve) => setImmediate(resolve));
    yield chunk;
  }
}

/** A SCHEMA line of a stream with the integer `n`. */
export function schema(stream: string, properties: object = { n: { type: 'integer' } }, keys: readonly string[] = []): string {
  return JSON.stringify({ type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: keys });
}

/** A RECORD line; a number stands for the record `{n}`. */
export function record(stream: string, value: unknown, members: object = {}): string {
  return JSON.stringify({ type: 'RECORD', stream, record: typeof value === 'number' ? { n: value } : value, ...members });
}

export function state(value: unknown): string {
  return JSON.stringify({ type: 'STATE', value });
}

export function activate(stream: string, version: unknown): string {
  return JSON.stringify({ type: 'ACTIVATE_VERSION', stream, version });
}

export function lines(...list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
