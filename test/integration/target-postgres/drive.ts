import { Client } from 'pg';
import {
  BlockPool,
  ByteBlocks,
  type Destination,
  type Encoder,
  type Json,
  type JsonSchema,
  type Log,
  type Part,
  type RecordMeta,
  type Row,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { columnsOf } from '../../../singer/target/schema.ts';
import target from '../../../targets/postgres/index.ts';

/** A log line as the target wrote it. */
export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A stream as a SCHEMA announces it; `type` in short for properties: `integer`, `string?` (nullable), `string:date-time`. */
export function header(
  stream: string,
  properties: Readonly<Record<string, string | JsonSchema>>,
  keys: readonly string[] = [],
): StreamHeader {
  const schema = {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, type]) => [name, typeof type === 'string' ? property(type) : type]),
    ),
  };
  return { stream, schema, columns: columnsOf(schema), keys, notesChanges: false };
}

function property(short: string): JsonSchema {
  const [, type, nullable, format] = /^(\w+)(\?)?(?::(.+))?$/.exec(short)!;
  return { type: nullable ? [type, 'null'] : type, ...(format === undefined ? {} : { format }) };
}

/** Drives the target's destination as the core does: opens streams, encodes records, loads units one at a time. */
export class Drive {
  readonly logged: Logged[] = [];
  readonly #abort = new AbortController();
  #destination: Destination | undefined;
  readonly #encoders = new Map<StreamHeader, Encoder>();
  readonly #config: Record<string, Json>;
  readonly run: TargetRun;

  private constructor(config: Record<string, Json>) {
    this.#config = config;
    const write =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        this.logged.push({ level, message, fields });
      };
    const warned = new Set<string>();
    const log: Log = {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      conceal: () => undefined,
      warnOnce: (key, message, fields) => {
        if (!warned.has(key)) write('warn')(message, fields);
        warned.add(key);
      },
    };
    const now = new Date();
    this.run = {
      name: 'target-postgres',
      version: '0',
      log,
      signal: this.#abort.signal,
      startedAt: now,
      runId: `run-${typeof config['run_id'] === 'string' ? config['run_id'] : now.getTime()}`,
      clock: { receivedAt: now, batchedAt: now },
    };
  }

  /** Opens the target on a database with these settings. */
  static async open(url: string, config: Record<string, Json> = {}): Promise<Drive> {
    const drive = new Drive({ url, ...config });
    drive.#destination = await target.open(checked(drive.#config), drive.run);
    return drive;
  }

  get destination(): Destination {
    return this.#destination!;
  }

  /** Announces a stream, with settings of its own. */
  async open(of: StreamHeader, options: Record<string, Json> = {}): Promise<Encoder> {
    const encoder = await this.destination.openStream(of, checked({ ...this.#config, ...options }));
    if (encoder === undefined) throw new Error(`${of.stream} is left out`);
    this.#encoders.set(of, encoder);
    return encoder;
  }

  /** A piece of a stream; its SCHEMA is announced the first time it is seen. */
  async part(of: StreamHeader, records: readonly Row[], meta: Partial<RecordMeta> = {}): Promise<Part> {
    const encoder = this.#encoders.get(of) ?? (await this.open(of));
    const blocks = new ByteBlocks(new BlockPool());
    const line = Buffer.alloc(0);
    for (const record of records)
      encoder.encode(
        record,
        { timeExtracted: undefined, version: undefined, changes: [], line, recordStart: 0, recordEnd: 0, ...meta },
        blocks,
      );
    return { header: of, encoder, ...blocks.takeAll() };
  }

  /** Loads one unit of one stream. */
  async load(of: StreamHeader, records: readonly Row[], unit: Partial<Unit> = {}): Promise<'committed' | 'open'> {
    return this.destination.load({ parts: [await this.part(of, records)], state: undefined, last: false, ...unit });
  }

  /** The input ends; all streams are complete unless said otherwise. */
  async finish(complete: readonly string[] = [...this.#encoders.keys()].map(({ stream }) => stream)): Promise<void> {
    await this.destination.finish({ complete: new Set(complete), state: undefined });
  }

  /** Loads one unit, ends the input and closes. Gives the summary of the stream. */
  async all(of: StreamHeader, records: readonly Row[], state?: string): Promise<Readonly<Record<string, Json>>> {
    await this.load(of, records, { state, last: true });
    await this.finish();
    const summary = this.destination.summary!(of.stream);
    await this.close();
    return summary;
  }

  async close(): Promise<void> {
    await this.#destination?.close();
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
  }
}

/** A checked configuration, as the core gives it to the target. Throws what is wrong with it. */
export function checked(given: Record<string, Json>): Parameters<typeof target.open>[0] {
  const { config, problems } = checkConfig(target.settings, given);
  if (problems.length > 0) throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  return config as Parameters<typeof target.open>[0];
}

/** Opens, loads one unit, finishes and closes. */
export async function loadAll(
  url: string,
  config: Record<string, Json>,
  of: StreamHeader,
  records: readonly Row[],
  state?: string,
): Promise<Readonly<Record<string, Json>>> {
  const drive = await Drive.open(url, config);
  try {
    return await drive.all(of, records, state);
  } finally {
    await drive.close();
  }
}

/** A connection of the test's own. */
export async function sql(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query("SET TIME ZONE 'UTC'");
  const run = async (text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await client.query<Record<string, unknown>>(text, [...values])).rows;
  return Object.assign(run, { end: () => client.end() });
}

export interface Sql {
  (text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  end(): Promise<void>;
}

/** The columns of a table in order, with their types as Postgres prints them. */
export async function typesOf(query: Sql, table: string): Promise<Record<string, unknown>> {
  const rows = await query(
    'SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum',
    [table],
  );
  return Object.fromEntries(rows.map(({ name, type }) => [String(name), type]));
}
