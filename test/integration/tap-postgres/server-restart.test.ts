import process from 'node:process';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { POSTGRES_VERSIONS } from '../../../scripts/postgres-versions.mjs';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { connected, runTap, type Choice } from './drive.ts';

/** Why no server of our own can be made to suffer; undefined if one can. */
function whyNoServer(): string | undefined {
  const server = inject('postgres');
  if ('missing' in server) return server.missing;
  return process.env['DATABASE_URL'] ? 'the server of DATABASE_URL is not ours to crash' : undefined;
}

const missing = whyNoServer();
const name = 'tap-postgres on a server that crashes and starts again';
const ROWS = 20_000;

describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (skipped: ${missing})`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    const version = POSTGRES_VERSIONS.find((each) => each === SERVER_VERSION);
    server = await startPostgres({ ...(version === undefined ? {} : { version }), fsync: false });
  });
  afterAll(() => server.stop());

  test.each<[string, Choice]>([
    ['INCREMENTAL', { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' }],
    ['FULL_TABLE', { 'replication-method': 'FULL_TABLE' }],
  ])('goes on in the same run and sends every row, %s', async (method, choice) => {
    const url = await server.createDatabase(`restart_${method.toLowerCase()}`);
    const client: Client = await connected(url);
    client.on('error', () => undefined);
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, x text);
      INSERT INTO t SELECT g, g / 100, repeat('x', 500) FROM generate_series(1, ${ROWS}) g`);
    // The server of tests does not wait for its disk at a COMMIT.
    await client.query('CHECKPOINT');
    let crashed = false;
    const run = await runTap(
      url,
      { 'public-t': choice },
      {
        config: { max_retries: 20, resume_interval_bytes: 1024 * 1024 },
        onWrite: async (text) => {
          if (crashed || !text.includes('"RECORD"')) return;
          crashed = true;
          const { rows } = await client.query<{ pid: number }>(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'tap-postgres' AND datname = current_database()",
          );
          // A backend that is killed makes the server end all sessions and recover from its log.
          process.kill(rows[0]!.pid, 'SIGKILL');
        },
      },
    );
    expect([run.error, crashed]).toEqual([undefined, true]);
    const ids = run.records.map(({ id }) => Number(id));
    expect(new Set(ids).size).toBe(ROWS);
    // A whole table goes on at the last range of pages, INCREMENTAL behind the last row.
    if (method === 'INCREMENTAL') expect(ids).toHaveLength(ROWS);
    expect(run.log.lines.some(({ level, message }) => level === 'warn' && message.includes('goes on at the last bookmark'))).toBe(
      true,
    );
    await client.end().catch(() => undefined);
  });
});
