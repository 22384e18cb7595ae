import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connect, type Session } from '../../../clients/postgres/connect.ts';
import { remedyOf, sqlState } from '../../../clients/postgres/errors.ts';
import { connectOptions } from '../../../clients/postgres/options.ts';
import { ROW_GAP, type CopyBlock } from '../../../clients/postgres/row-frames.ts';
import type { ConnectionConfig } from '../../../clients/postgres/settings.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';

const NEVER = new AbortController().signal;
/** Rows are made as they are read: the function does not stand in FROM. */
const LONG = "SELECT generate_series(1, 100000000), repeat('x', 100)";

function open(url: string): Promise<Session> {
  const config = { url, ssl_enable: false, ssl: false, application_name: 'test', connect_timeout: 10, max_retries: 0 };
  return connect(connectOptions(config as unknown as ConnectionConfig, { conceal: () => undefined }, {}));
}

function textOf({ bytes, starts, rows }: CopyBlock): string {
  let text = '';
  for (let r = 0; r < rows; r++) text += bytes.toString('utf8', starts[r], starts[r + 1]! - ROW_GAP);
  return text;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeWithPostgres('COPY … TO STDOUT', (url) => {
  /** Runs with a session, which has to answer afterwards, and closes it. */
  async function withSession<T>(work: (session: Session) => Promise<T>, to = url()): Promise<T> {
    const session = await open(to);
    try {
      const result = await work(session);
      if (!session.lost) expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      return result;
    } finally {
      await session.close();
    }
  }

  test('gives all rows, in blocks that are neither tiny nor large', async () => {
    await withSession(async (session) => {
      let text = '';
      let rows = 0;
      const sizes: number[] = [];
      for await (const block of session.copyOut(
        "COPY (SELECT i, 'a' || chr(9) || i FROM generate_series(1, 100000) AS i) TO STDOUT",
        NEVER,
      )) {
        text += textOf(block);
        rows += block.rows;
        sizes.push(block.bytes.length);
      }
      expect(rows).toBe(100_000);
      expect(text).toBe(Array.from({ length: 100_000 }, (_, i) => `${i + 1}\ta\\t${i + 1}\n`).join(''));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(384 * 1024);
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(32 * 1024);
    });
  });

  test('gives nothing of no rows, and rows without columns', async () => {
    await withSession(async (session) => {
      const rows: number[] = [];
      for await (const block of session.copyOut('COPY (SELECT 1 WHERE false) TO STDOUT', NEVER)) rows.push(block.rows);
      expect(rows).toEqual([]);
      let text = '';
      for await (const block of session.copyOut('COPY (SELECT FROM generate_series(1, 3)) TO STDOUT', NEVER))
        text += textOf(block);
      expect(text).toBe('\n\n\n');
    });
  });

  test('gives rows of 60 MB one at a time, between short ones', async () => {
    await withSession(async (session) => {
      const lengths: number[] = [];
      const query = "SELECT repeat('y', CASE WHEN i % 2 = 0 THEN 60000000 ELSE 1 END) FROM generate_series(1, 6) AS i";
      for await (const block of session.copyOut(`COPY (${query}) TO STDOUT`, NEVER)) {
        expect(block.bytes.length).toBeLessThan(61_000_000);
        for (let r = 0; r < block.rows; r++) lengths.push(block.starts[r + 1]! - ROW_GAP - block.starts[r]!);
      }
      expect(lengths).toEqual([2, 60_000_001, 2, 60_000_001, 2, 60_000_001]);
    });
  });

  test('lets the server wait while nobody asks for rows', async () => {
    await withSession(async (session) => {
      const rows = session.copyOut(`COPY (${LONG}) TO STDOUT`, NEVER);
      await rows.next();
      await withSession(async (other) => {
        const waits = async (): Promise<boolean> => {
          const { rows: found } = await other.query(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%100000000%' AND wait_event = 'ClientWrite' AND pid <> pg_backend_pid()",
          );
          return found.length === 1;
        };
        while (!(await waits())) await sleep(10);
      });
      const before = process.memoryUsage().rss;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
      await rows.return();
    });
  });

  test('is cancelled on the server when the reader stops early, and the session goes on', async () => {
    await withSession(async (session) => {
      for await (const block of session.copyOut(`COPY (${LONG}) TO STDOUT`, NEVER)) {
        expect(block.rows).toBeGreaterThan(0);
        break;
      }
      const { rows } = await session.query("SELECT count(*)::int AS running FROM pg_stat_activity WHERE query LIKE '%100000000%' AND state = 'active' AND pid <> pg_backend_pid()"); // prettier-ignore
      expect(rows).toEqual([{ running: 0 }]);
      expect(session.lost).toBe(false);
    });
  });

  test('ends at once when the signal is aborted, with the reason, though the server is silent', async () => {
    await withSession(async (session) => {
      const controller = new AbortController();
      const rows = session.copyOut('COPY (SELECT pg_sleep(100)) TO STDOUT', controller.signal);
      const failed = failureOf(rows.next());
      setImmediate(() => controller.abort(new Error('stop')));
      expect(await failed).toMatchObject({ message: 'stop' });
      expect(session.lost).toBe(false);
      expect(await failureOf(session.copyOut('COPY (SELECT 1) TO STDOUT', controller.signal).next())).toMatchObject({
        message: 'stop',
      });
    });
  });

  test("throws the server's refusal, before the first row and after many", async () => {
    await withSession(async (session) => {
      expect(sqlState(await failureOf(session.copyOut('COPY (SELECT * FROM none) TO STDOUT', NEVER).next()))).toBe('42P01');
      let rows = 0;
      const reading = async (): Promise<void> => {
        const query = 'SELECT 1 / (50000 - i) FROM generate_series(1, 100000) AS i';
        for await (const block of session.copyOut(`COPY (${query}) TO STDOUT`, NEVER)) rows += block.rows;
      };
      expect(sqlState(await failureOf(reading()))).toBe('22012');
      expect(rows).toBe(49_999);
    });
  });

  test('bears what the server says besides', async () => {
    await withSession(async (session) => {
      await session.query(
        "CREATE FUNCTION pg_temp.tell(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF i % 1000 = 0 THEN RAISE NOTICE 'at %', i; PERFORM set_config('application_name', 'at ' || i, false); END IF; RETURN i; END $$",
      );
      let text = '';
      const query = 'SELECT pg_temp.tell(i) FROM generate_series(1, 20000) AS i';
      for await (const block of session.copyOut(`COPY (${query}) TO STDOUT`, NEVER)) text += textOf(block);
      expect(text).toBe(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''));
    });
  });

  test.each(['cut after', 'half-close'] as const)('tells that the connection was lost (%s)', async (fault) => {
    const proxy = await startTcpProxy(url());
    try {
      await withSession(async (session) => {
        proxy.arm({ text: 'COPY' }, fault);
        const reading = async (): Promise<void> => {
          for await (const block of session.copyOut(`COPY (${LONG}) TO STDOUT`, NEVER)) expect(block.rows).toBeGreaterThan(0);
        };
        expect(remedyOf(await failureOf(reading()))).toBe('reconnect');
        expect(session.lost).toBe(true);
        expect(remedyOf(await failureOf(session.copyOut('COPY (SELECT 1) TO STDOUT', NEVER).next()))).toBe('reconnect');
      }, proxy.url);
    } finally {
      await proxy.close();
    }
  });

  test('one server process that is ended is a lost connection, too', async () => {
    await withSession(async (session) => {
      const { rows } = await session.query('SELECT pg_backend_pid() AS pid');
      const copy = session.copyOut(`COPY (${LONG}) TO STDOUT`, NEVER);
      await copy.next();
      await withSession(async (other) => {
        await other.query('SELECT pg_terminate_backend($1)', [rows[0]!['pid']]);
      });
      const reading = async (): Promise<void> => {
        for await (const block of copy) expect(block.rows).toBeGreaterThan(0);
      };
      expect(remedyOf(await failureOf(reading()))).toBe('reconnect');
    });
  });
});
