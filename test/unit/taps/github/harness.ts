import type { Batch, JsonObject, JsonSchema, Log, ReadRequest, Row, Source, Stream } from '../../../../singer/index.ts';
import type { Clock } from '../../../../taps/github/clock.ts';
import { open } from '../../../../taps/github/open.ts';
import { type GithubConfig, settings } from '../../../../taps/github/settings.ts';
import type { GitHub } from '../../../support/github/index.ts';
import { memoryLog, runOf, type Said } from '../csv/harness.ts';

/** A clock that stands still, but for those who sleep: they are there at once. */
export class VirtualClock implements Clock {
  #now: number;
  readonly slept: number[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    this.slept.push(milliseconds);
    this.#now += milliseconds;
    return Promise.resolve();
  }
}

export const NOON = Date.parse('2026-01-02T12:00:00Z');

export interface Reading {
  readonly rows: readonly Row[];
  /** The last bookmark. */
  readonly bookmark: JsonObject | undefined;
  /** What the reading threw. */
  readonly error: unknown;
  readonly said: readonly Said[];
  /** Whether the stream says that it has seen the whole of its source. */
  readonly seesAll: boolean | undefined;
  /** Requests of this reading, without those for limits: status and path. */
  readonly calls: readonly string[];
}

export interface ReadOptions {
  readonly config?: Partial<GithubConfig>;
  readonly bookmark?: JsonObject | undefined;
  readonly columns?: readonly string[];
  readonly clock?: Clock;
  readonly method?: ReadRequest['method'];
  /** Stops after so many batches, as a killed run does. */
  readonly batches?: number;
}

/** The settings' defaults with these on top. */
export function configOf(github: GitHub, config: Partial<GithubConfig> = {}): GithubConfig {
  const defaults = Object.fromEntries(
    Object.entries(settings).map(([name, one]) => [name, 'default' in one ? one.default : undefined]),
  );
  return {
    ...defaults,
    api_url_base: github.url,
    auth_token: 'ghp_test',
    additional_auth_tokens: [],
    repositories: ['octo/one'],
    ...config,
  } as GithubConfig;
}

/** Reads one stream of a fake in this process, as a run would. */
export async function read(github: GitHub, stream: string, options: ReadOptions = {}): Promise<Reading> {
  const { log, said } = memoryLog();
  const before = github.calls.length;
  const clock = options.clock ?? new VirtualClock(NOON);
  const source: Source = await open(configOf(github, options.config), runOf(log), { clock, environment: {} });
  const found = source.streams.find(({ id }) => id === stream)!;
  const rows: Row[] = [];
  let bookmark = options.bookmark;
  let error: unknown;
  try {
    let batches = 0;
    for await (const batch of found.read(requestOf(found, log, options))) {
      rows.push(...rowsOf(batch));
      bookmark = batch.bookmark ?? bookmark;
      if (++batches === options.batches) break;
    }
  } catch (thrown) {
    error = thrown;
  }
  await source.close?.();
  const calls = github.calls.slice(before).filter(({ url }) => !url.startsWith('/rate_limit'));
  return { rows, bookmark, error, said, seesAll: found.seesAll?.(), calls: calls.map(({ status, url }) => `${status} ${url}`) };
}

/** As `read`, for readings that must not fail. The bookmark has gone through JSON, as states do. */
export async function readsWell(github: GitHub, stream: string, options?: ReadOptions): Promise<Reading> {
  const reading = await read(github, stream, options);
  if (reading.error !== undefined) throw reading.error;
  return { ...reading, bookmark: JSON.parse(JSON.stringify(reading.bookmark ?? null)) as JsonObject };
}

function requestOf(stream: Stream, log: Log, { bookmark, columns, method = 'INCREMENTAL' }: ReadOptions): ReadRequest {
  const properties = stream.schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const chosen = columns ?? Object.keys(properties);
  return {
    method,
    replicationKey: undefined,
    bookmark: method === 'INCREMENTAL' ? bookmark : undefined,
    keys: stream.keys,
    schema: { ...stream.schema, properties: Object.fromEntries(chosen.map((name) => [name, properties[name]!])) },
    columns: chosen,
    whole: true,
    versioned: false,
    limit: undefined,
    envelope: () => ({ head: Buffer.from('{"record":'), tail: Buffer.from('}\n') }),
    signal: new AbortController().signal,
    log,
  };
}

function rowsOf({ lines, rows = [] }: Batch): readonly Row[] {
  const texts = lines?.bytes.toString().trimEnd().split('\n') ?? [];
  return [...texts.map((text) => (JSON.parse(text) as { readonly record: Row }).record), ...rows];
}
