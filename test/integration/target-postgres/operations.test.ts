import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { Drive, header, loadAll, sql, type Sql } from './drive.ts';

const append = { default_target_schema: 'public', load_method: 'append-only', add_record_metadata: false };
const upsert = { ...append, load_method: 'upsert' };
const people = (name: string): ReturnType<typeof header> => header(name, { id: 'integer', name: 'string?' }, ['id']);

describeWithPostgres('target-postgres operations', (url) => {
  let query: Sql;
  /** Roles belong to the whole server: the database's name keeps those of two test runs apart. */
  let loader: string;
  let reader: string;
  beforeAll(async () => {
    query = await sql(url());
    const suffix = new URL(url()).pathname.slice('/tapline_test'.length);
    loader = `tapline_loader${suffix}`;
    reader = `tapline_reader${suffix}`;
    await query(`CREATE ROLE ${loader}; CREATE ROLE ${reader} LOGIN; GRANT ALL ON SCHEMA public TO ${loader};
      GRANT CREATE, TEMPORARY ON DATABASE ${new URL(url()).pathname.slice(1)} TO ${loader}`);
  });
  afterAll(async () => {
    await query(`DROP OWNED BY ${loader}, ${reader}; DROP ROLE ${loader}; DROP ROLE ${reader}`);
    await query.end();
  });

  describe('role', () => {
    test('owns what is made, also after the connection was lost', async () => {
      const of = people('owned');
      const drive = await Drive.open(url(), {
        ...upsert,
        role: loader,
        application_name: 'role_run',
        default_target_schema: 'owned_schema',
      });
      await drive.load(of, [{ id: 1, name: 'a' }], { state: '{"n":1}' });
      await query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'role_run'");
      await drive.load(people('owned_later'), [{ id: 2, name: 'b' }], { state: '{"n":2}' });
      await drive.close();
      expect(
        await query(
          "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'owned_schema'::regnamespace",
        ),
      ).toEqual([{ owner: loader }]);
    });

    test('that cannot be taken on ends the run before any input is read', async () => {
      await expect(Drive.open(url(), { ...upsert, role: 'tapline_missing' })).rejects.toMatchObject({
        code: 'role-refused',
        facts: { role: 'tapline_missing' },
        hint: expect.stringContaining('GRANT'),
      });
      const stranger = new URL(url());
      stranger.username = reader;
      await expect(Drive.open(stranger.href, { ...upsert, role: loader })).rejects.toMatchObject({ code: 'role-refused' });
    });
  });

  describe('grants', () => {
    test('go to the tables that the run makes, and to their schema; tables that were there keep theirs', async () => {
      const config = { ...upsert, default_target_schema: 'granted', grants: { select: [reader], insert: [reader, loader] } };
      await query('CREATE SCHEMA granted; CREATE TABLE granted.older (id bigint, name text)');
      await loadAll(url(), config, people('newer'), [{ id: 1, name: 'a' }]);
      await loadAll(url(), config, people('older'), [{ id: 1, name: 'a' }]);
      const [rights] = await query(
        `SELECT has_table_privilege($1, 'granted.newer', 'SELECT') AS read, has_table_privilege($1, 'granted.newer', 'INSERT') AS write,
           has_table_privilege($2, 'granted.newer', 'SELECT') AS other, has_schema_privilege($1, 'granted', 'USAGE') AS usage,
           has_table_privilege($1, 'granted.older', 'SELECT') AS older`,
        [reader, loader],
      );
      expect(rights).toEqual({ read: true, write: true, other: false, usage: true, older: false });
    });

    test('to a role that does not exist are refused before any input is read', async () => {
      await expect(Drive.open(url(), { ...upsert, grants: { select: [reader, 'tapline_missing'] } })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/grants: .*: tapline_missing$/),
      });
    });

    test('to one that a single stream names, too', async () => {
      const drive = await Drive.open(url(), upsert);
      const own = { grants: { select: ['tapline_missing'] } };
      await expect(drive.open(people('own_grants'), own)).rejects.toMatchObject({ exitCode: 2 });
      await drive.close();
    });
  });

  test('table options are set on tables that the run makes; a name that is none is refused', async () => {
    await loadAll(url(), { ...upsert, table_options: { fillfactor: 70, autovacuum_enabled: false } }, people('stored'), []);
    expect(await query("SELECT reloptions FROM pg_class WHERE oid = 'stored'::regclass")).toEqual([
      { reloptions: ['fillfactor=70', 'autovacuum_enabled=false'] },
    ]);
    const drive = await Drive.open(url(), upsert);
    await expect(drive.open(people('stored'), { table_options: { 'x) --': 1 } })).rejects.toMatchObject({ exitCode: 2 });
    await drive.close();
    await expect(loadAll(url(), { ...upsert, table_options: { fillfacto: 1 } }, people('unstored'), [])).rejects.toMatchObject({
      code: 'table-option',
      message: expect.stringContaining('fillfacto'),
    });
  });

  describe('indexes', () => {
    const of = header('indexed', { id: 'integer', country: 'string?', city: 'string?', fullName: 'string?' }, ['id']);
    const config = { ...upsert, default_target_schema: 'indexing' };
    const indexes = async (): Promise<Record<string, unknown>[]> =>
      query(
        "SELECT indexname AS name, indexdef AS def FROM pg_indexes WHERE schemaname = 'indexing' AND tablename = 'indexed' AND indexname LIKE '%_idx' ORDER BY 1",
      );

    test('are made when the run is done, once, by the names of columns or properties', async () => {
      const wanted = { ...config, column_casing: 'snake', indexes: [['country', 'city'], 'fullName'] };
      const drive = await Drive.open(url(), wanted);
      await drive.load(of, [{ id: 1, country: 'a', city: 'b' }], { state: '{}', last: true });
      expect(await indexes()).toEqual([]);
      await drive.finish();
      await drive.close();
      const made = [
        { name: 'indexed_country_city_idx', def: expect.stringContaining('(country, city)') },
        { name: 'indexed_full_name_idx', def: expect.stringContaining('(full_name)') },
      ];
      expect(await indexes()).toEqual(made);
      await loadAll(url(), wanted, of, [{ id: 2, country: 'a', city: 'b' }], '{}');
      expect(await indexes()).toEqual(made);
    });

    test('on a table that was there are made while others write to it', async () => {
      const other = await sql(url());
      await loadAll(url(), config, of, [{ id: 3 }], '{}');
      const drive = await Drive.open(url(), { ...config, indexes: ['city'], application_name: 'index_run' });
      await drive.load(of, [{ id: 4 }], { state: '{}', last: true });
      await other('BEGIN');
      await other('INSERT INTO indexing.indexed (id) VALUES (100)');
      const finishing = drive.finish();
      // A build that blocked writers would itself wait for the open transaction before it began.
      for (;;) {
        const [row] = await query("SELECT phase FROM pg_stat_progress_create_index WHERE command = 'CREATE INDEX CONCURRENTLY'");
        if (row !== undefined) break;
      }
      await other('INSERT INTO indexing.indexed (id) VALUES (101)');
      await other('COMMIT');
      await finishing;
      await drive.close();
      await other.end();
      expect((await indexes()).map(({ name }) => name)).toContain('indexed_city_idx');
    });

    test('that a cut build has left invalid are made anew', async () => {
      await query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'indexing.indexed_city_idx'::regclass");
      await loadAll(url(), { ...config, indexes: ['city'] }, of, [], '{}');
      expect(
        await query("SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'indexing.indexed_city_idx'::regclass"),
      ).toEqual([{ valid: true }]);
    });

    test('on a partitioned table are made all the same', async () => {
      await query(`CREATE TABLE indexing.parts (id bigint, name text) PARTITION BY RANGE (id);
        CREATE TABLE indexing.parts_1 PARTITION OF indexing.parts DEFAULT`);
      await loadAll(
        url(),
        { ...config, load_method: 'append-only', indexes: ['name'] },
        people('parts'),
        [{ id: 1, name: 'a' }],
        '{}',
      );
      expect(await query("SELECT FROM pg_indexes WHERE indexname = 'parts_name_idx'")).toHaveLength(1);
    });

    test('of no column are refused before anything is loaded', async () => {
      const drive = await Drive.open(url(), config);
      await expect(drive.open(of, { indexes: [['country', 'street']] })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('indexes[0]: indexed has no column street'),
      });
      await drive.close();
    });
  });

  describe('SQL around the run', () => {
    test('runs once before the input is read and once after all is committed', async () => {
      await query('CREATE TABLE noted (at int GENERATED ALWAYS AS IDENTITY, what text, seen bigint)');
      await query('CREATE TABLE hooked (id bigint PRIMARY KEY, name text)');
      const note = (what: string): string => `INSERT INTO noted (what, seen) SELECT '${what}', count(*) FROM hooked`;
      const drive = await Drive.open(url(), {
        ...upsert,
        before_run_sql: note('before'),
        after_run_sql: [note('after 1'), 'VACUUM hooked', note('after 2')],
      });
      await drive.load(people('hooked'), [{ id: 1, name: 'a' }], { state: '{}' });
      await drive.load(people('hooked'), [{ id: 2, name: 'b' }], { state: '{}', last: true });
      await drive.finish();
      await drive.close();
      expect(await query('SELECT what, seen::int FROM noted ORDER BY at')).toEqual([
        { what: 'before', seen: 0 },
        { what: 'after 1', seen: 2 },
        { what: 'after 2', seen: 2 },
      ]);
    });

    test('that fails, fails the run, naming the item and never the SQL', async () => {
      const failing = Drive.open(url(), { ...upsert, before_run_sql: ['SELECT 1', "SELECT 'geheim'::int"] });
      await expect(failing).rejects.toMatchObject({
        code: 'hook-failed',
        facts: { setting: 'before_run_sql', item: 2, sqlstate: '22P02' },
      });
      const told: unknown = await failing.catch((error: unknown) => error);
      expect(JSON.stringify(told) + String(told)).not.toContain('geheim');
      const after = loadAll(url(), { ...upsert, after_run_sql: 'SELECT broken' }, people('kept'), [{ id: 1, name: 'a' }], '{}');
      await expect(after).rejects.toMatchObject({ code: 'hook-failed', facts: { setting: 'after_run_sql' } });
      expect(await query('SELECT id FROM kept')).toEqual([{ id: '1' }]);
    });

    test('is not run again when the connection dies under it', async () => {
      const killing = 'INSERT INTO noted (what) VALUES ($$killed$$); COMMIT; SELECT pg_terminate_backend(pg_backend_pid())';
      await expect(Drive.open(url(), { ...upsert, before_run_sql: killing })).rejects.toMatchObject({
        code: 'hook-failed',
        hint: expect.stringContaining('took effect'),
      });
      expect(await query("SELECT count(*)::int AS n FROM noted WHERE what = 'killed'")).toEqual([{ n: 1 }]);
    });
  });

  describe('the load ledger', () => {
    const config = { ...upsert, default_target_schema: 'ledger', load_ledger: true };
    const state = (id: number): string => JSON.stringify({ bookmarks: { booked: { id }, idle: {} } });
    const ledger = (columns: string): Promise<Record<string, unknown>[]> =>
      query(`SELECT ${columns} FROM ledger._singer_loads ORDER BY run_id, stream`);

    test('has a row per run and stream, in step with what is committed', async () => {
      const drive = await Drive.open(url(), { ...config, run_id: 'one' });
      const of = people('booked');
      await drive.open(people('idle'));
      await drive.load(of, [{ id: 1, name: 'a' }, { id: 2, name: 'b' }], { state: state(2) }); // prettier-ignore
      const columns =
        'run_id, stream, table_name, status, rows::int, inserted::int, updated::int, unchanged::int, first_bookmark, last_bookmark, attempts';
      const row = {
        run_id: 'run-one',
        stream: 'booked',
        table_name: 'ledger.booked',
        attempts: 1,
        unchanged: 0,
        first_bookmark: { id: 2 },
      };
      expect(await ledger(columns)).toEqual([
        { ...row, status: 'loading', rows: 2, inserted: 2, updated: 0, last_bookmark: { id: 2 } },
      ]);
      await drive.load(of, [{ id: 2, name: 'B' }, { id: 3, name: 'c' }], { state: state(3), last: true }); // prettier-ignore
      await drive.finish();
      await drive.close();
      expect(await ledger(columns)).toEqual([
        { ...row, status: 'complete', rows: 4, inserted: 3, updated: 1, last_bookmark: { id: 3 } },
        {
          ...row,
          stream: 'idle',
          table_name: 'ledger.idle',
          status: 'complete',
          rows: 0,
          inserted: 0,
          updated: 0,
          first_bookmark: null,
          last_bookmark: null,
        },
      ]);
      expect(await ledger('bytes > 0 AND finished_at >= started_at AS sound')).toContainEqual({ sound: true });
    });

    test('shows a run that died as still loading, with what it has committed', async () => {
      const drive = await Drive.open(url(), { ...config, load_method: 'append-only', run_id: 'two' });
      await drive.load(people('died'), [{ id: 1, name: 'a' }], { state: state(1) });
      await drive.load(people('died'), [{ id: 2, name: 'b' }]);
      await drive.close();
      expect(await query("SELECT rows::int, status, finished_at FROM ledger._singer_loads WHERE run_id = 'run-two'")).toEqual([
        { rows: 1, status: 'loading', finished_at: null },
      ]);
      expect(await query('SELECT id::int FROM ledger.died')).toEqual([{ id: 1 }]);
    });

    test('counts another attempt when a run_id comes again, and says so', async () => {
      const again = await Drive.open(url(), { ...config, load_method: 'append-only', run_id: 'two' });
      await again.all(people('died'), [{ id: 2, name: 'b' }], state(2));
      expect(await query("SELECT rows::int, status, attempts FROM ledger._singer_loads WHERE run_id = 'run-two'")).toEqual([
        { rows: 2, status: 'complete', attempts: 2 },
      ]);
      expect(again.logged.filter(({ level, message }) => level === 'warn' && message.includes('run_id'))).toHaveLength(1);
    });

    test('counts nothing twice when a batch is tried again', async () => {
      const drive = await Drive.open(url(), { ...config, run_id: 'three', lock_timeout: 0.05, max_retries: 50 });
      const of = people('retried');
      await drive.load(of, [{ id: 1, name: 'a' }], { state: state(1) });
      const other = await sql(url());
      await other('BEGIN; LOCK TABLE ledger.retried IN ACCESS EXCLUSIVE MODE');
      const loading = drive.load(of, [{ id: 2, name: 'b' }], { state: state(2), last: true });
      while (!drive.logged.some(({ fields }) => fields['code'] === 'lock-timeout')) await query('SELECT pg_sleep(0.02)');
      await other('COMMIT');
      await loading;
      await drive.finish();
      await drive.close();
      await other.end();
      expect(await query("SELECT rows::int, inserted::int FROM ledger._singer_loads WHERE run_id = 'run-three'")).toEqual([
        { rows: 2, inserted: 2 },
      ]);
    });

    test('can be made by two runs at once, and tells of overwrites and versions', async () => {
      await query('DROP TABLE ledger._singer_loads');
      await Promise.all(
        ['a', 'b'].map((run_id) =>
          loadAll(url(), { ...config, run_id }, people(`at_once_${run_id}`), [{ id: 1, name: run_id }], '{}'),
        ),
      );
      expect(await ledger('run_id')).toEqual([{ run_id: 'run-a' }, { run_id: 'run-b' }]);
      const over = { ...config, load_method: 'overwrite', run_id: 'over', add_record_metadata: true };
      const drive = await Drive.open(url(), over);
      const of = people('at_once_a');
      const part = await drive.part(of, [{ id: 5, name: 'x' }, { id: 6, name: 'y' }], { version: 7 }); // prettier-ignore
      await drive.destination.load({ parts: [{ ...part, activate: 7 }], state: '{}', last: true });
      await drive.finish();
      await drive.close();
      expect(
        await query(
          "SELECT rows::int, inserted::int, table_version::int, status FROM ledger._singer_loads WHERE run_id = 'run-over'",
        ),
      ).toEqual([{ rows: 2, inserted: 2, table_version: 7, status: 'complete' }]);
    });
  });
});
