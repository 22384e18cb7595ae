import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from 'pg';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap, type Choice } from './drive.ts';

const VIEWS = ['v1', 'v2', 'v3', 'v4'];
const WHOLE: Choice = { 'replication-method': 'FULL_TABLE' };
const STREAMS = Object.fromEntries(VIEWS.map((name) => [`public-${name}`, WHOLE]));

describeWithPostgres('max_parallel_streams', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    // Each view gives its rows when so many sessions have asked for those of one, and fails if that takes too long.
    await client.query(`CREATE FUNCTION together(many int) RETURNS SETOF int VOLATILE LANGUAGE plpgsql AS $f$ BEGIN
        PERFORM pg_advisory_lock_shared(1);
        FOR turn IN 1 .. 1000 LOOP
          EXIT WHEN many <= (SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND datname = current_database());
          IF turn = 1000 THEN RAISE 'alone'; END IF;
          PERFORM pg_sleep(0.02);
        END LOOP;
        RETURN QUERY SELECT generate_series(1, 100);
      END $f$;
      ${VIEWS.map((name) => `CREATE VIEW ${name} AS SELECT n AS id, '${name}' AS x FROM together(3) AS n`).join(';')};
      CREATE TABLE big (id int PRIMARY KEY, at int NOT NULL, x text);
      INSERT INTO big SELECT n, n, repeat('x', 500) FROM generate_series(1, 20000) n;
      CREATE TABLE small (LIKE big INCLUDING ALL); INSERT INTO small SELECT * FROM big WHERE id <= 100`);
  });
  afterAll(() => client.end());

  it('reads so many streams at once, over connections of their own', async () => {
    const { error, records } = await runTap(url(), STREAMS, { config: { max_parallel_streams: 3 } });
    expect([error, records.length]).toEqual([undefined, 400]);
    expect(records.map(({ x }) => x)).toEqual(VIEWS.flatMap((name) => Array.from({ length: 100 }, () => name)));
    const open = async (): Promise<number> => {
      const { rows } = await client.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tap-postgres'`,
      );
      return rows[0]!.open;
    };
    // The processes of the server end a little after their clients.
    await expect.poll(open).toBe(0);
  });

  it('writes what one at a time would: large tables, small ones, states', async () => {
    const choices = {
      'public-big': { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' },
      'public-small': WHOLE,
    };
    const config = { state_interval_records: 5000, emit_activate_version_messages: true };
    // How often states come in the midst of a stream depends on how the rows arrive.
    const outline = ({ messages }: Awaited<ReturnType<typeof runTap>>): string[] =>
      messages
        .map(({ type, stream, record, value }) =>
          type === 'STATE'
            ? `STATE ${(value as { currently_syncing?: string }).currently_syncing ?? '-'}`
            : `${type} ${stream} ${String(record?.['id'])}`,
        )
        .filter((line, index, lines) => !line.startsWith('STATE') || lines.indexOf(line) === index);
    const one = await runTap(url(), choices, { config });
    const two = await runTap(url(), choices, { config: { ...config, max_parallel_streams: 2 } });
    expect([one.error, two.error]).toEqual([undefined, undefined]);
    expect(one.records).toHaveLength(20_100);
    expect(outline(two)).toEqual(outline(one));
  });

  it('stopped and resumed, sends every row', async () => {
    const choice: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };
    const choices = { 'public-big': choice, 'public-small': choice };
    const stop = new AbortController();
    let written = 0;
    const cut = await runTap(url(), choices, {
      config: { max_parallel_streams: 4 },
      signal: stop.signal,
      onWrite: (text) => {
        written += text.length;
        if (written > 3_000_000) stop.abort(new Error('stopped'));
        return undefined;
      },
    });
    expect(cut.error).toEqual(new Error('stopped'));
    const rest = await runTap(url(), choices, { config: { max_parallel_streams: 4 }, state: cut.state });
    expect(rest.error).toBeUndefined();
    const sent = [...cut.messages, ...rest.messages].filter(({ type }) => type === 'RECORD');
    expect(rest.messages.filter(({ type }) => type === 'RECORD').length).toBeLessThan(20_100);
    expect(new Set(sent.map(({ stream, record }) => `${stream} ${String(record!['id'])}`)).size).toBe(20_100);
    expect(sent).toHaveLength(20_100);
  });
});
