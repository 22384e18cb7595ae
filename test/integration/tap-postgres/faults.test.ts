import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startFakePostgres } from '../../support/fake-postgres.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, run, type Finished } from '../../support/processes.ts';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { certificate, tlsBefore } from '../../support/tls-server.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { type Choice, connected, endConnections, onceAt, runTap, type TapRun } from './drive.ts';

const INCREMENTAL: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };

describe('tap-postgres on a server that is too old', () => {
  const tap = inFolder();

  it.each(['--discover', '--catalog', '--test', '--check', '--explain'])('is refused at the start (%s)', async (mode) => {
    const url = await startFakePostgres({ version: 120_019 });
    const { status, stdout, stderr } = await tap({ url }, {}, mode === '--catalog' ? [] : [mode]);
    expect([status, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('server-too-old')]);
    expect(`${stdout}${stderr}`).toMatch(/Postgres 12.*13 or newer/);
  });
});

describeWithPostgres('tap-postgres, when something is wrong', (url) => {
  const tap = inFolder();
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL, x text);
      INSERT INTO t SELECT g, timestamptz '2026-01-01Z' + g * interval '1 s' FROM generate_series(1, 5000) g;
      CREATE VIEW zoneless AS SELECT timestamp '2026-01-01' AS at; CREATE VIEW failing AS SELECT 1 / (id - 7) AS x FROM t; CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS x WITH NO DATA;
      CREATE VIEW slow AS SELECT id, pg_sleep(0.1)::text AS x FROM t`);
  });
  afterAll(() => client.end());
  const at = (): { host: string; port: number; user: string; database: string } => {
    const { hostname, port, username, pathname } = new URL(url());
    return { host: hostname, port: Number(port), user: username, database: pathname.slice(1) };
  };

  /** What is wrong, the settings, the streams, the exit code, the code for programs, and what the message says is to be done. */
  type Case = readonly [string, object, Readonly<Record<string, Choice>>, number, string, RegExp];
  const T = { 'public-t': {} };
  const cases: readonly Case[] = [
    ['a host that does not exist', { host: 'no-such-host.invalid' }, T, 1, 'server-unreachable', /Check host and port/],
    ['a port that nobody listens on', { port: 1 }, T, 1, 'server-unreachable', /Check host and port, that the server runs/],
    [
      'a database that does not exist',
      { database: 'no_such' },
      T,
      1,
      'database-missing',
      /Create the database or correct the setting database/,
    ],
    ['a role that does not exist', { role: 'no_such' }, T, 1, 'role-refused', /Create the role/],
    ['a user that does not exist', { user: 'no_such' }, T, 1, 'login-refused', /Check user and password/],
    ['a server without TLS', { ssl_enable: true, ssl_mode: 'require' }, T, 1, 'tls', /Check ssl_mode/],
    [
      'a bound of a window that is no value of its column',
      { stream_options: { 'public-t': { window: { column: 'at', from: '2026-01-01', before: 'never' } } } },
      { 'public-t': {} },
      2,
      'config',
      /stream_options.public-t.window.before: is not a value that the server takes/,
    ],
    [
      'a time zone that the server does not know',
      { timestamp_zone: 'Mars/Phobos' },
      { 'public-zoneless': {} },
      2,
      'config',
      /timestamp_zone: is not a value that the server takes/,
    ],
    [
      'a view whose expression fails for a row',
      {},
      { 'public-failing': {} },
      1,
      'expression-failed',
      /an expression in a view.*SELECT \* FROM "public"."failing".*22012/s,
    ],
    [
      'a materialized view without data',
      {},
      { 'public-unfilled': {} },
      1,
      'object-not-ready',
      /has not been populated.*REFRESH MATERIALIZED VIEW/,
    ],
    ['a table that is not there', {}, { 'public-gone': {} }, 2, 'catalog', /no stream of this name.*discover anew/s],
    [
      'a replication key that is not there',
      {},
      { 'public-t': { 'replication-method': 'INCREMENTAL', 'replication-key': 'gone' } },
      2,
      'catalog',
      /replication key "gone" is not allowed: use one of "id", "at"/,
    ],
    [
      'a value that the key cannot have',
      { stream_options: { 'public-t': { start_value: 'never' } } },
      { 'public-t': INCREMENTAL },
      2,
      'replication-key-value',
      /not a value of type timestamp with time zone.*Correct it/s,
    ],
    [
      'a method that is not there',
      {},
      { 'public-t': { 'replication-method': 'LOG_BASED' } },
      2,
      'catalog',
      /LOG_BASED.*is not one of "FULL_TABLE", "INCREMENTAL"/,
    ],
    [
      'a statement that takes too long',
      { statement_timeout: 0.3 },
      { 'public-slow': {} },
      1,
      'statement-timeout',
      /Raise statement_timeout/,
    ],
    [
      'a condition that is no SQL',
      { stream_options: { 'public-t': { custom_where_clauses: ['id >'] } } },
      T,
      2,
      'config',
      /custom_where_clauses of public-t: the server refuses condition 1: .*syntax error/,
    ],
  ];
  it.each(cases)('%s: says what to do', async (_, config, streams, exitCode, code, words) => {
    const { status, stderr } = await tap({ ...at(), max_retries: 0, ...config }, streams);
    expect([status, stderr]).toEqual([exitCode, expect.stringContaining(code)]);
    expect(stderr).toMatch(words);
  });

  it('a password that is wrong: says what to do, and does not show it', async () => {
    const refusing = await startFakePostgres({ refusal: '28P01' });
    const { status, stderr } = await tap({ url: refusing.replace('me@', 'me:hunter2@') }, T);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/login-refused/)]);
    expect(stderr).toMatch(/Check user and password/);
    expect(stderr).not.toContain('hunter2');
  });

  it('a certificate that is not trusted, and one of another host: says what to do', async () => {
    const server = tlsBefore(url(), () => ({ encrypted: 0, plain: 0, clients: [] }));
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (host: string, authority: string): Promise<Finished> =>
      tap({ ...at(), host, port, ssl_enable: true, ssl_certificate_authority: certificate(authority), max_retries: 0 }, T);
    expect((await ask('localhost', 'ca.pem')).status).toBe(0);
    for (const { status, stderr } of [await ask('localhost', 'client.pem'), await ask('127.0.0.1', 'ca.pem')]) {
      expect([status, stderr]).toEqual([1, expect.stringMatching(/\btls\b/)]);
      expect(stderr).toMatch(/Check ssl_mode and ssl_certificate_authority/);
    }
  });

  it('a right that is missing: names the table and the GRANT', async () => {
    await client.query('DROP ROLE IF EXISTS faults_nobody; CREATE ROLE faults_nobody');
    const { status, stderr } = await tap({ ...at(), role: 'faults_nobody' }, T);
    await client.query('DROP ROLE faults_nobody');
    expect([status, stderr]).toEqual([1, expect.stringContaining('permission-denied')]);
    expect(stderr).toContain('GRANT SELECT ON "public"."t" TO "faults_nobody"');
  });

  it('a column that is not there any more is left out, and told', async () => {
    const stream = {
      tap_stream_id: 'public-t',
      schema: { type: 'object', properties: { id: { type: 'integer' }, gone: { type: 'string' } } },
      metadata: [{ breadcrumb: [], metadata: { selected: true } }],
    };
    const { status, stdout, stderr } = await tap({ ...at() }, [stream]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/Properties of the catalog that the source does not have are left out.*gone/);
    expect(stdout.split('\n').find((line) => line.includes('"RECORD"'))).toContain('"record":{"id":1}');
  });

  it('text that is not valid in its encoding: says what it is, and how to read it', async () => {
    const name = `${new URL(url()).pathname.slice(1)}_ascii`;
    await client.query(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    const ascii = await connected(url().replace(/[^/]*$/, name));
    onTestFinished(async () => {
      await ascii.end();
      await client.query(`DROP DATABASE ${name}`);
    });
    await ascii.query(
      `CREATE TABLE t (id int, x text); INSERT INTO t SELECT 1, convert_from(decode('636166e9', 'hex'), 'SQL_ASCII')`,
    );
    const { status, stderr } = await tap({ ...at(), database: name }, T);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/not valid in its encoding.*code=encoding/)]);
    const [, query] = /custom_queries: (SELECT .*?) AS x/.exec(stderr)!;
    const custom = { name: 'mended', query: `${query!.replace('COLUMN', 'x')} AS x FROM t` };
    const mended = await tap({ ...at(), database: name, custom_queries: [custom] }, { mended: {} });
    expect([mended.status, mended.stdout]).toEqual([0, expect.stringContaining('{"x":"café"}')]);
  });

  it.skipIf(SERVER_VERSION < 17)('time limits of the database are not ours: a long reading is none too long', async () => {
    const name = new URL(url()).pathname.slice(1);
    await client.query(`ALTER DATABASE ${name} SET transaction_timeout = '300ms'; ALTER DATABASE ${name} SET statement_timeout = '300ms';
      CREATE VIEW long AS SELECT g AS id, pg_sleep(0.1)::text AS x FROM generate_series(1, 10) g`);
    const { status, stdout } = await tap(at(), { 'public-long': {} });
    await client.query(`ALTER DATABASE ${name} RESET ALL`);
    expect([status, stdout.match(/"RECORD"/g)?.length]).toEqual([0, 10]);
  });

  it('a table that stays locked: says what to do', async () => {
    const other = await connected(url());
    await other.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    const { status, stderr } = await tap({ ...at(), lock_timeout: 0.2, max_retries: 0 }, T);
    await other.end();
    expect([status, stderr]).toEqual([1, expect.stringContaining('lock-timeout')]);
    expect(stderr).toMatch(/raise lock_timeout/);
  });

  it('a connection that is lost is made anew, and nothing is lost or sent twice; where that is not wanted it says what to do', async () => {
    const proxy = await startTcpProxy(url());
    onTestFinished(() => proxy.close());
    proxy.arm({ text: 'COPY (' }, 'cut after');
    const { status, stdout, stderr } = await tap({ url: proxy.url }, { 'public-t': INCREMENTAL });
    expect([status, proxy.struck, stdout.match(/"RECORD"/g)?.length]).toEqual([0, 1, 5000]);
    expect(stderr).toContain('the reading goes on at the last bookmark');
    proxy.arm({ text: 'COPY (' }, 'cut after');
    const last = await tap({ url: proxy.url, max_retries: 0 }, { 'public-t': INCREMENTAL });
    expect([last.status, last.stderr]).toEqual([1, expect.stringMatching(/connection-lost/)]);
    expect(last.stderr).toMatch(/Run again: the state is safe/);
  });

  it('a server that is shut down in mid run: says what to do; the last STATE goes on where it was', async () => {
    const config = { max_retries: 0, state_interval_records: 1 };
    const first = await runTap(
      url(),
      { 'public-t': INCREMENTAL },
      {
        config,
        onWrite: onceAt('"RECORD"', () => endConnections(client)),
      },
    );
    const second = await runTap(url(), { 'public-t': INCREMENTAL }, { state: first.state });
    expect([second.error, idsOf(first, second)]).toEqual([undefined, Array.from({ length: 5000 }, (_, n) => n + 1)]);
    if (first.error !== undefined)
      expect(first.error).toMatchObject({ exitCode: 1, hint: expect.stringContaining('the state is safe') as unknown });
  });

  it.each([
    [
      'a column gets another type',
      'ALTER TABLE u ALTER x TYPE int USING 1',
      'schema-changed',
      /Run again, so that they are discovered/,
    ],
    ['a column is dropped', 'ALTER TABLE u DROP x', 'schema-changed', /Run again, so that they are discovered/],
    ['a table is dropped', 'DROP TABLE u', 'table-missing', /Run again/],
  ] as const)('%s between discovery and its turn: says what to do, and reads nothing wrong', async (_, change, code, words) => {
    await client.query('DROP TABLE IF EXISTS u; CREATE TABLE u (id int PRIMARY KEY, x text); INSERT INTO u VALUES (1, 2)');
    const result = await runTap(
      url(),
      { 'public-t': {}, 'public-u': {} },
      {
        config: { max_retries: 0 },
        onWrite: onceAt('"RECORD"', async () => {
          await client.query(change);
        }),
      },
    );
    expect(result.error).toMatchObject({ code, exitCode: 1, hint: expect.stringMatching(words) as unknown });
    expect(result.records.length).toBe(5000);
  });

  it('a clock that was set back: rows with a smaller replication key than the bookmark are sent all the same', async () => {
    const first = await runTap(url(), { 'public-t': INCREMENTAL });
    await client.query("INSERT INTO t VALUES (0, '2025-06-01Z')");
    const second = await runTap(url(), { 'public-t': INCREMENTAL }, { state: first.state });
    await client.query('DELETE FROM t WHERE id = 0');
    expect([second.error, idsOf(second)]).toEqual([undefined, [0]]);
  });

  it('a clock of our own that is behind: the version of a whole table grows nevertheless', async () => {
    const ahead = 9_000_000_000_000;
    const state = { bookmarks: { 'public-t': { activated_version: ahead } } };
    const { messages } = await runTap(url(), T, { state, config: { emit_activate_version_messages: true } });
    expect(messages.find(({ type }) => type === 'ACTIVATE_VERSION')?.version).toBe(ahead + 1);
  });
});

function idsOf(...runs: TapRun[]): unknown[] {
  return runs.flatMap(({ records }) => records.map(({ id }) => id));
}

/** Gives a function that runs the executable with a config and a catalog of these streams, or of streams of these choices. */
function inFolder(): (
  config: object,
  streams: Readonly<Record<string, Choice>> | readonly object[],
  args?: readonly string[],
) => Promise<Finished> {
  const folder = temporaryFolder();
  const write = (name: string, value: object): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  return (config, streams, args) => {
    const entries = Array.isArray(streams)
      ? streams
      : Object.entries(streams).map(([id, root]) => ({
          tap_stream_id: id,
          metadata: [{ breadcrumb: [], metadata: { selected: true, ...root } }],
        }));
    const given = args?.length ? args : ['--catalog', write('catalog.json', { streams: entries })];
    return run(executable('tap-postgres'), ['--config', write('config.json', config), ...given]);
  };
}
