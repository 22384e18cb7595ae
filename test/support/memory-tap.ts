import type { Fields, Log } from '../../singer/log.ts';
import type { Meter } from '../../singer/meter.ts';
import type { Output } from '../../singer/output.ts';
import type { Batch, ReadRequest, Source, Stream } from '../../singer/tap/source.ts';
import { extract } from '../../singer/tap/extract.ts';
import { parseExact } from '../../singer/json-text.ts';

/** A message as a reader sees it; numbers that JavaScript would change stay exact. */
export interface Message {
  readonly type: string;
  readonly stream?: string;
  readonly record?: Record<string, unknown>;
  readonly value?: unknown;
  readonly schema?: { properties: Record<string, unknown>; required?: string[] };
  readonly key_properties?: string[];
  readonly bookmark_properties?: string[];
  readonly version?: number;
  readonly time_extracted?: string;
}

/** A log that keeps what it is told. */
export function keepingLog(): Log & { readonly lines: { level: string; message: string; fields: Fields }[] } {
  const lines: { level: string; message: string; fields: Fields }[] = [];
  const said = new Set<string>();
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      void lines.push({ level, message, fields });
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    conceal: () => undefined,
    warnOnce: (key, message, fields) => {
      if (!said.has(key)) at('warn')(message, fields);
      said.add(key);
    },
  };
}

/** An output that keeps its writes; `answer` may throw before one is kept, or give what the writer has to wait for. */
export function keepingOutput(
  answer: (bytes: Buffer) => Promise<void> | undefined = () => undefined,
): Output & { readonly writes: Buffer[]; text(): string } {
  const writes: Buffer[] = [];
  return {
    writes,
    text: () => Buffer.concat(writes).toString(),
    write: (text) => {
      const bytes = Buffer.from(text);
      const wait = answer(bytes);
      writes.push(bytes);
      return wait;
    },
    flush: () => Promise.resolve(),
  };
}

/** A stream that yields these batches, or what a function makes of the request. */
export function memoryStream(
  stream: Partial<Stream> & Pick<Stream, 'id'>,
  batches: readonly Batch[] | ((request: ReadRequest) => AsyncIterable<Batch>) = [],
): Stream {
  const read =
    typeof batches === 'function'
      ? batches
      : async function* (): AsyncGenerator<Batch> {
          yield* batches;
        };
  return {
    schema: { type: 'object', properties: { id: { type: 'integer' }, name: { type: ['null', 'string'] } } },
    keys: ['id'],
    methods: ['INCREMENTAL', 'FULL_TABLE'],
    read,
    ...stream,
  };
}

export interface SyncResult {
  readonly text: string;
  readonly writes: readonly Buffer[];
  readonly messages: readonly Message[];
  readonly log: ReturnType<typeof keepingLog>;
  readonly counted: Map<string, { records: number; bytes: number }>;
  /** Streams that have a summary line, with `: failed` behind those that were not read to their end. */
  readonly summaries: readonly string[];
  readonly states: number;
  readonly error: unknown;
}

/** Runs `extract` over streams in memory and gives everything that came of it, a failure included. */
export async function sync(
  streams: readonly Stream[],
  o: {
    catalog?: unknown;
    state?: unknown;
    test?: 'all' | 'schema';
    config?: object;
    signal?: AbortSignal;
    output?: ReturnType<typeof keepingOutput>;
    prepare?: Source['prepare'];
    streamsAtOnce?: number;
  } = {},
): Promise<SyncResult> {
  const log = keepingLog();
  const output = o.output ?? keepingOutput();
  const counted = new Map<string, { records: number; bytes: number }>();
  const summaries: string[] = [];
  let states = 0;
  const meter: Meter = {
    records: (stream, records, bytes) => {
      const before = counted.get(stream) ?? { records: 0, bytes: 0 };
      counted.set(stream, { records: before.records + records, bytes: before.bytes + bytes });
    },
    state: () => void states++,
    summary: (stream, _, outcome) => void summaries.push(outcome === 'failed' ? `${stream}: failed` : stream),
    close: () => undefined,
  };
  const { prepare, streamsAtOnce } = o;
  const source: Source = { streams, ...(prepare && { prepare }), ...(streamsAtOnce && { streamsAtOnce }) };
  const signal = o.signal ?? new AbortController().signal;
  const run = { name: 'tap-memory', version: '0', log, signal };
  let error: unknown;
  try {
    await extract({ source, config: o.config ?? {}, run, output, meter, catalog: o.catalog, state: o.state, test: o.test });
  } catch (thrown) {
    error = thrown;
  }
  const text = output.text();
  const lines = text.split('\n');
  const messages = lines.slice(0, -1).map((line) => readMessage(line));
  return { text, writes: output.writes, messages, log, counted, summaries, states, error };
}

function readMessage(line: string): Message {
  const message: unknown = parseExact(line);
  return message as Message;
}
