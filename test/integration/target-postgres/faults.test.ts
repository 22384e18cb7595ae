import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { lockKey } from '../../../targets/postgres/tables/tables.ts';
import { Drive, header, loadAll, sql, type Sql } from './drive.ts';
import { startTcpProxy, type Fault, type TcpProxy } from '../../support/tcp-proxy.ts';

const append = { default_target_schema: 'public', load_method: 'append-only', add_record_metadata: false };
const upsert = { ...append, load_method: 'upsert' };
const state = (n: number): string => `{"n":${n}}`;

describeWithPostgres('target-postgres when things fail', (url) => {
  let query: Sql;
  let proxy: TcpProxy;
  beforeAll(async () => {
    query = await sql(url());
    proxy = await startTcpProxy(url());
  });
  afterAll(async () => {
    await proxy.close();
    await query.end();
  });

  /** Ends, from another session, the sessions of a run with this application name; resolves when they are gone. */
  const terminate = async (name: string): Promise<void> => {
    await query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1', [name]);
  };

  /** Waits until a session of that name waits for a lock, in a statement begun after `since`; gives when it began. */
  const waitsForLock = async (name: string, since = new Date(0)): Promise<Date> => {
    for (;;) {
      const [row] = await query(
        "SELECT query_start FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock' AND query_start > $2",
        [name, since],
      );
      if (row !== undefined) return row['query_start'] as Date;
    }
  };

  describe.each(['append-only', 'upsert'])('%s, by a connection that suffers', (method) => {
    // In the first statement of a merge, on every version.
    const merge = method === 'upsert' ? ['DISTINCT ON'] : [];
    const moments = ['BEGIN', 'COPY', ...merge, '_singer_state', 'COMMIT'];
    const faults: readonly Fault[] = ['cut before', 'cut after', 'half-close'];
    test.each(moments.flatMap((moment) => faults.map((fault) => [fault, moment] as const)))(
      '%s at %s: nothing is lost, nothing is there twice, the state is never ahead [148]',
      async (fault, moment) => {
        const of = header(`${method}_${fault}_${moment}`.replaceAll(/\W/g, '_').toLowerCase(), { id: 'integer' }, ['id']);
        const config = { ...append, load_method: method, state_id: of.stream, max_retries: 8 };
        await loadAll(url(), config, of, [{ id: 1 }], state(0));
        const drive = await Drive.open(proxy.url, config);
        // The first batch meets the row that is there, so that the next ones are merged.
        await drive.load(of, [{ id: 1 }, { id: 11 }], { state: state(1) });
        const before = proxy.struck;
        proxy.arm({ text: moment }, fault);
        expect(await drive.load(of, [{ id: 2 }, { id: 3 }], { state: state(2) })).toBe('committed');
        expect(proxy.struck).toBe(before + 1);
        await drive.load(of, [{ id: 4 }], { state: state(3), last: true });
        await drive.finish();
        await drive.close();
        const ids = method === 'upsert' ? [1, 2, 3, 4, 11] : [1, 1, 2, 3, 4, 11];
        expect((await query(`SELECT id::int FROM ${of.stream} ORDER BY id`)).map(({ id }) => id)).toEqual(ids);
        expect(await query('SELECT state FROM _singer_state WHERE state_id = $1', [of.stream])).toEqual([{ state: { n: 3 } }]);
      },
    );

    test('cut in the middle of the rows: the batch is loaded again as a whole', async () => {
      const of = header(`${method.replace('-', '_')}_rows`, { id: 'integer', text: 'string' }, ['id']);
      const config = { ...append, load_method: method, state_id: of.stream, max_retries: 8 };
      const drive = await Drive.open(proxy.url, config);
      await drive.load(of, [{ id: 0, text: '' }], { state: state(0) });
      await drive.load(of, [{ id: 0, text: 'again' }], { state: state(1) });
      proxy.arm({ bytes: 300_000 }, 'cut before');
      const before = proxy.struck;
      const rows = Array.from({ length: 600 }, (_, i) => ({ id: i + 1, text: 'x'.repeat(1000) }));
      expect(await drive.load(of, rows, { state: state(2), last: true })).toBe('committed');
      await drive.close();
      expect(proxy.struck).toBe(before + 1);
      expect(await query(`SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM ${of.stream} WHERE id > 0`)).toEqual([
        { rows: 600, ids: 600 },
      ]);
    });
  });

  describe('a server that goes silent', () => {
    const patient = { ...append, statement_timeout: 2, connect_timeout: 1, max_retries: 8 };

    test.each(['COPY', 'COMMIT'])('at %s is given up after statement_timeout, and the batch is tried again', async (moment) => {
      const of = header(`silent_${moment}`.toLowerCase(), { id: 'integer' }, ['id']);
      const drive = await Drive.open(proxy.url, { ...patient, state_id: of.stream });
      await drive.load(of, [{ id: 1 }], { state: state(1) });
      proxy.arm({ text: moment }, 'stall');
      expect(await drive.load(of, [{ id: 2 }], { state: state(2), last: true })).toBe('committed');
      await drive.close();
      expect(drive.logged.some(({ level }) => level === 'warn')).toBe(true);
      expect(await query(`SELECT id::int FROM ${of.stream} ORDER BY id`)).toEqual([{ id: 1 }, { id: 2 }]);
    });

    test('at the connect is given up after connect_timeout, with a code', async () => {
      proxy.silence(true);
      try {
        const started = performance.now();
        await expect(Drive.open(proxy.url, { ...patient, max_retries: 0 })).rejects.toMatchObject({ code: 'connection-lost' });
        expect(performance.now() - started).toBeLessThan(10_000);
      } finally {
        proxy.silence(false);
      }
    });

    test('a statement that takes longer than statement_timeout ends the run with its own code', async () => {
      const of = header('slow', { id: 'integer' }, ['id']);
      await loadAll(url(), append, of, []);
      await query(`CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';
        CREATE TRIGGER nap BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION nap()`);
      await expect(loadAll(url(), { ...patient, state_id: 'slow' }, of, [{ id: 1 }], state(1))).rejects.toMatchObject({
        code: 'statement-timeout',
      });
      expect(await query('SELECT id FROM slow')).toEqual([]);
      expect(await query("SELECT state FROM _singer_state WHERE state_id = 'slow'")).toEqual([]);
    });
  });

  test('a connection that dies while idle is made anew for the next batch', async () => {
    const of = header('idle', { id: 'integer' }, ['id']);
    const drive = await Drive.open(url(), { ...append, application_name: 'idle_run' });
    await drive.load(of, [{ id: 1 }], { state: state(1) });
    await terminate('idle_run');
    await drive.load(of, [{ id: 2 }], { state: state(2) });
    await drive.close();
    expect(await query('SELECT id FROM idle ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }]);
  });

  test('a connection that dies with rows waiting for their state ends the run; nothing of them is there', async () => {
    const of = header('waiting', { id: 'integer' }, ['id']);
    const drive = await Drive.open(url(), { ...append, application_name: 'waiting_run' });
    await drive.load(of, [{ id: 1 }], { state: state(1) });
    expect(await drive.load(of, [{ id: 2 }])).toBe('open');
    await terminate('waiting_run');
    await expect(drive.load(of, [{ id: 3 }], { state: state(3) })).rejects.toMatchObject({
      exitCode: 1,
      code: expect.stringMatching(/^connection-lost$|^server-unavailable$/),
      hint: expect.stringContaining('state is safe'),
    });
    await drive.close();
    expect(await query('SELECT id FROM waiting')).toEqual([{ id: '1' }]);
  });

  test('a deadlock with another session is sat out', async () => {
    const of = header('locked_rows', { id: 'integer', name: 'string?' }, ['id']);
    await loadAll(url(), upsert, of, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    const other = await sql(url());
    // The server ends the one that looks first: ours.
    await other("SET deadlock_timeout = '60s'");
    await other('BEGIN');
    await other('UPDATE locked_rows SET name = name WHERE id = 2');
    const drive = await Drive.open(url(), { ...upsert, application_name: 'deadlock_run', lock_timeout: 60 });
    const loading = drive.all(of, [
      { id: 1, name: 'A' },
      { id: 2, name: 'B' },
    ]);
    await waitsForLock('deadlock_run');
    await other('UPDATE locked_rows SET name = name WHERE id = 1');
    await other('COMMIT');
    expect(await loading).toEqual({ inserted: 0, updated: 2, unchanged: 0 });
    expect(drive.logged.map(({ fields }) => fields['code'])).toContain('deadlock');
    await other.end();
  });

  test('a table that somebody holds is waited for, a few times', async () => {
    const of = header('held', { id: 'integer' }, ['id']);
    await loadAll(url(), append, of, [{ id: 1 }]);
    const other = await sql(url());
    await other('BEGIN');
    await other('LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    const drive = await Drive.open(url(), { ...append, lock_timeout: 0.05 });
    const loading = drive.load(of, [{ id: 2 }], { state: state(1) });
    while (!drive.logged.some(({ fields }) => fields['code'] === 'lock-timeout')) await query('SELECT pg_sleep(0.02)');
    await other('COMMIT');
    expect(await loading).toBe('committed');
    await drive.close();

    await other('BEGIN');
    await other('LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    const refused = loadAll(url(), { ...append, lock_timeout: 0.05, max_retries: 1 }, of, [{ id: 3 }]);
    await expect(refused).rejects.toMatchObject({ code: 'lock-timeout', hint: expect.stringContaining('pg_locks') });
    await other('ROLLBACK');
    await other.end();
    expect(await query('SELECT id FROM held ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }]);
  });

  test('a table that is dropped in mid run is made again for the next batch', async () => {
    const of = header('dropped', { id: 'integer' }, ['id']);
    const drive = await Drive.open(url(), upsert);
    await drive.load(of, [{ id: 1 }], { state: state(1) });
    await query('DROP TABLE dropped');
    await drive.load(of, [{ id: 2 }], { state: state(2) });
    await drive.close();
    expect(await query('SELECT id FROM dropped')).toEqual([{ id: '2' }]);
  });

  test('another run of ours on the same table is waited for, longer than for foreign locks, until we are to stop', async () => {
    const of = header('queue', { id: 'integer' }, ['id']);
    const config = { ...upsert, lock_timeout: 0.01, max_retries: 0 };
    await loadAll(url(), config, of, []);
    const other = await sql(url());
    await other('SELECT pg_advisory_lock($1::bigint)', [lockKey('public', 'queue')]);
    const patient = await Drive.open(url(), { ...config, application_name: 'patient_run' });
    const waiting = patient.load(of, [{ id: 1 }], { state: state(1) });
    await waitsForLock('patient_run', new Date((await waitsForLock('patient_run')).getTime() + 1));
    const stopped = await Drive.open(url(), { ...config, application_name: 'stopped_run' });
    const stopping = stopped.load(of, [{ id: 2 }], { state: state(2) });
    await waitsForLock('stopped_run');
    stopped.abort(new Error('stop'));
    await expect(stopping).rejects.toThrow('stop');
    await stopped.close();
    await other('SELECT pg_advisory_unlock_all()');
    expect(await waiting).toBe('committed');
    await patient.close();
    await other.end();
    expect(await query('SELECT id FROM queue')).toEqual([{ id: '1' }]);
  });

  test('a table that now belongs to somebody else takes rows though its NOT NULL cannot be dropped', async () => {
    await query(`CREATE TABLE lent (id bigint, name text NOT NULL); COMMENT ON TABLE lent IS 'singer stream "lent"'; DROP ROLE IF EXISTS tapline_guest; CREATE ROLE tapline_guest LOGIN;
      GRANT SELECT, INSERT ON lent TO tapline_guest`);
    const guest = new URL(url());
    guest.username = 'tapline_guest';
    const config = { ...append, state_table: '' };
    const of = header('lent', { id: 'integer', name: 'string?' });
    const drive = await Drive.open(guest.href, config);
    await drive.load(of, [{ id: 1, name: 'a' }], { state: state(1) });
    await drive.load(of, [{ id: 2, name: 'b' }], { state: state(2) });
    await drive.close();
    expect(drive.logged.filter(({ message }) => message.includes('NOT NULL'))).toHaveLength(1);
    await expect(loadAll(guest.href, config, of, [{ id: 3, name: null }])).rejects.toMatchObject({
      code: 'null-refused',
      facts: { column: 'name' },
    });
    expect(await query('SELECT id FROM lent ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }]);
    await query('DROP OWNED BY tapline_guest; DROP ROLE tapline_guest');
  });

  test('a rival outside of our lock that inserts the same key is met by another attempt', async () => {
    const of = header('rival', { id: 'integer', name: 'string?' }, ['id']);
    await loadAll(url(), upsert, of, [{ id: 1, name: 'a' }]);
    const other = await sql(url());
    await other('BEGIN');
    await other("INSERT INTO rival VALUES (2, 'rival')");
    const loading = loadAll(url(), { ...upsert, application_name: 'rival_run', lock_timeout: 60 }, of, [{ id: 2, name: 'ours' }]);
    await waitsForLock('rival_run');
    await other('COMMIT');
    expect(await loading).toEqual({ inserted: 0, updated: 1, unchanged: 0 });
    await other.end();
  });

  test('an abort ends the waiting between attempts with its own reason', async () => {
    const of = header('aborted', { id: 'integer' }, ['id']);
    await loadAll(url(), append, of, []);
    const other = await sql(url());
    await other('BEGIN');
    await other('LOCK TABLE aborted IN ACCESS EXCLUSIVE MODE');
    const drive = await Drive.open(url(), { ...append, lock_timeout: 0.05, max_retries: 50 });
    const loading = drive.load(of, [{ id: 1 }], { state: state(1) });
    while (!drive.logged.some(({ fields }) => fields['code'] === 'lock-timeout')) await query('SELECT pg_sleep(0.02)');
    drive.abort(new Error('stop'));
    await expect(loading).rejects.toThrow('stop');
    await drive.close();
    await other('ROLLBACK');
    await other.end();
  });

  test('values that Postgres refuses are named by place, never by content', async () => {
    await query('CREATE TABLE refuses (id bigint, small int2)');
    const of = header('refuses', { id: 'integer', small: 'integer' });
    const refused: unknown = await loadAll(url(), append, of, [
      { id: 1, small: 5 },
      { id: 2, small: 77123 },
    ]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'number-out-of-range', facts: { sqlstate: '22003', row: 2, column: 'small' } });
    expect(JSON.stringify(refused) + String(refused)).not.toContain('77123');
  });

  test('missing rights are told with what they are about', async () => {
    await query('DROP ROLE IF EXISTS tapline_poor; CREATE ROLE tapline_poor LOGIN; CREATE SCHEMA rich');
    const poor = new URL(url());
    poor.username = 'tapline_poor';
    const refused = loadAll(poor.href, { ...append, default_target_schema: 'rich' }, header('t', { id: 'integer' }), [{ id: 1 }]);
    await expect(refused).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('rich') });
    await query('DROP ROLE tapline_poor');
  });

  test.each([
    ['a database that does not exist', (at: URL) => (at.pathname = '/tapline_nowhere'), 'database-missing'],
    ['a role that does not exist', (at: URL) => (at.username = 'tapline_nobody'), 'login-refused'],
    ['a port where nobody listens', (at: URL) => (at.port = '1'), 'connection-lost'],
  ])('%s fails at once, before any input is read', async (_, change, code) => {
    const at = new URL(url());
    change(at);
    const started = performance.now();
    await expect(Drive.open(at.href, { ...append, max_retries: 20 })).rejects.toMatchObject({ code, exitCode: 1 });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
