import { Client, type QueryResult, type QueryResultRow } from 'pg';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { JsonObject } from '../../../singer/json.ts';
import { parseExact } from '../../../singer/json-text.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import { extract } from '../../../singer/tap/extract.ts';
import tap from '../../../taps/postgres/index.ts';
import { keepingLog, keepingOutput, type Message } from '../../support/memory-tap.ts';

export interface TapRun {
  readonly messages: readonly Message[];
  /** The records of all streams, in order. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** The last STATE's value; undefined if there was none. */
  readonly state: unknown;
  readonly log: ReturnType<typeof keepingLog>;
  readonly error: unknown;
}

/** How one stream is read: root metadata of the catalog. */
export type Choice = JsonObject;

/** Runs tap-postgres in this process over the chosen streams, or without a catalog; what it throws is given. */
export async function runTap(
  url: string,
  choices: Readonly<Record<string, Choice>> | undefined,
  o: {
    readonly config?: object;
    readonly state?: unknown;
    readonly signal?: AbortSignal;
    /** What is written waits for it. */
    readonly onWrite?: (text: string) => Promise<void> | undefined;
  } = {},
): Promise<TapRun> {
  const log = keepingLog();
  const output = keepingOutput((bytes) => o.onWrite?.(bytes.toString()));
  const { config, problems } = checkConfig(allSettings(tap as never), { url, state_interval_records: 1, ...o.config });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const run = { name: 'tap-postgres', version: '0', log, signal: o.signal ?? new AbortController().signal };
  let error: unknown;
  try {
    const source = await tap.open(config as never, run);
    try {
      const streams = Object.entries(choices ?? {}).map(([id, root]) => ({
        tap_stream_id: id,
        metadata: [{ breadcrumb: [], metadata: { selected: true, ...root } }],
      }));
      const meter = { records: () => undefined, state: () => undefined, summary: () => undefined, close: () => undefined };
      await extract({
        source,
        config,
        run,
        output,
        meter,
        catalog: choices === undefined ? undefined : { streams },
        state: o.state,
        test: undefined,
      });
    } finally {
      await source.close?.();
    }
  } catch (thrown) {
    error = thrown;
  }
  const messages = output
    .text()
    .split('\n')
    .slice(0, -1)
    .map((line) => parseExact(line) as unknown as Message);
  return {
    messages,
    records: messages.flatMap((message) => (message.type === 'RECORD' ? [message.record!] : [])),
    state: messages.findLast((message) => message.type === 'STATE')?.value,
    log,
    error,
  };
}

/** A connection of the test's own. */
export async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** What tests ask a connection. */
export interface Asked {
  query<R extends QueryResultRow>(sql: string, values?: unknown[]): Promise<QueryResult<R>>;
}

/** A connection for a block of tests, each of which finds the schema `s` empty. */
export function withEmptySchema(url: () => string): Asked {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
  });
  afterAll(() => client.end());
  beforeEach(async () => {
    await client.query('DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s');
  });
  return { query: (sql, values) => client.query(sql, values) };
}

/** Ends the connections of every tap to this database. */
export async function endConnections(client: Asked): Promise<void> {
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tap-postgres' AND datname = current_database()",
  );
}

/** For `onWrite`: does something once, when this was written and before more is read. */
export function onceAt(part: string, work: () => Promise<unknown>): (text: string) => Promise<void> {
  let isDone = false;
  return async (text) => {
    if (isDone || !text.includes(part)) return;
    isDone = true;
    await work();
  };
}
