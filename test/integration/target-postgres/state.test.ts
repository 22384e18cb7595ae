import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/postgres/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { checked, Drive, header, loadAll, sql, type Sql } from './drive.ts';

const config = { default_target_schema: 'kept', load_method: 'append-only', add_record_metadata: false };
const users = header('users', { id: 'integer' });

describeWithPostgres('the state in the database', (url) => {
  let query: Sql;
  let folder: string;
  beforeAll(async () => {
    query = await sql(url());
    folder = await mkdtemp(join(tmpdir(), 'state-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await query.end();
  });

  const command = async (given: Record<string, Json>, ...args: string[]): Promise<string> => {
    const drive = await Drive.open(url(), given);
    await drive.close();
    return target.commands!['state']!.run(checked({ url: url(), ...given }), drive.run, args);
  };

  test('is written together with the rows it covers, or not at all', async () => {
    await loadAll(url(), config, users, [{ id: 1 }], '{"n":1}');
    const other = await sql(url());
    await other('BEGIN');
    await other('LOCK TABLE kept.users IN ACCESS EXCLUSIVE MODE');
    await expect(
      loadAll(url(), { ...config, lock_timeout: 0.05, max_retries: 0 }, users, [{ id: 2 }], '{"n":2}'),
    ).rejects.toThrow();
    await other('ROLLBACK');
    await other.end();
    expect(await command(config, 'get')).toBe('{"n":1}');
    expect(await query('SELECT id FROM kept.users')).toEqual([{ id: '1' }]);
  });

  test('that no JSON is (NaN) is refused with the way out; printed only, it passes, and the ledger has no bookmarks of it', async () => {
    const own = { ...config, state_id: 'nan', load_ledger: true, run_id: 'nan' };
    const nan = '{"bookmarks":{"users":NaN}}';
    await expect(loadAll(url(), own, users, [{ id: 50 }], nan)).rejects.toMatchObject({
      code: 'state-not-json',
      hint: expect.stringContaining('state_table'),
    });
    expect(await loadAll(url(), { ...own, state_table: '' }, users, [{ id: 51 }], nan)).toEqual({ appended: 1 });
    expect(await query('SELECT id::int FROM kept.users WHERE id >= 50')).toEqual([{ id: 51 }]);
    expect(await query("SELECT status, last_bookmark FROM kept._singer_loads WHERE run_id = 'run-nan'")).toEqual([
      { status: 'complete', last_bookmark: null },
    ]);
    await query('DELETE FROM kept.users WHERE id >= 50');
  });

  test('is not told while a transaction that moves it is under way', async () => {
    const own = { ...config, state_id: 'moving' };
    await loadAll(url(), own, users, [{ id: 1 }], '{"n":1}');
    const drive = await Drive.open(url(), own);
    // Rows without a state: the transaction stays open until the state comes.
    await drive.load(users, [{ id: 2 }]);
    const told = command(own, 'get');
    await expect
      .poll(() => query("SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
      .toEqual([{ n: 1 }]);
    await drive.load(users, [{ id: 3 }], { state: '{"n":3}' });
    await drive.close();
    expect(await told).toBe('{"n":3}');
  });

  test('is not written when the records before it went with a transaction that was undone', async () => {
    const own = { ...config, state_id: 'undone' };
    const drive = await Drive.open(url(), own);
    const early = header('early', { id: 'integer' });
    expect(await drive.load(early, [{ id: 1 }])).toBe('open');
    const noWindow = { replace_range: { column: 'id', from: 'x', before: 'y' } };
    await expect(drive.open(header('late', { id: 'integer' }), noWindow)).rejects.toMatchObject({ code: 'config' });
    await expect(drive.load(early, [{ id: 2 }], { state: '{"n":2}' })).rejects.toMatchObject({ code: 'transaction-lost' });
    await drive.close();
    expect(drive.destination.summary!('early')).toEqual({});
    expect(await command(own, 'get')).toBe('{}');
  });

  test('comes back as it came: exact numbers, order of members, one line', async () => {
    const text = '{"z":1.10,"a":123456789012345678901234567890,"t":"ü \\u0000 \\n"}';
    await loadAll(url(), config, users, [], text);
    expect(await command(config, 'get')).toBe(text);
  });

  test('belongs to its state_id', async () => {
    await loadAll(url(), { ...config, state_id: 'one' }, users, [], '{"n":"one"}');
    await loadAll(url(), { ...config, state_id: 'two' }, users, [], '{"n":"two"}');
    expect(await command({ ...config, state_id: 'one' }, 'get')).toBe('{"n":"one"}');
    expect(await command({ ...config, state_id: 'two' }, 'get')).toBe('{"n":"two"}');
    expect(await command({ ...config, state_id: 'three' }, 'get')).toBe('{}');
  });

  test('can be set from a file and cleared', async () => {
    const own = { ...config, state_id: 'by hand', state_table: 'elsewhere.states' };
    const file = join(folder, 'state.json');
    await writeFile(file, '{\n  "bookmarks": {"x": 1.0}\n}\n');
    expect(await command(own, 'get')).toBe('{}');
    expect(await command(own, 'set', file)).toBe('');
    expect(JSON.parse(await command(own, 'get'))).toEqual({ bookmarks: { x: 1 } });
    expect(await command(own, 'get')).not.toContain('\n');
    expect(await query('SELECT state_id FROM elsewhere.states')).toEqual([{ state_id: 'by hand' }]);
    expect(await command(own, 'clear')).toBe('');
    expect(await command(own, 'get')).toBe('{}');
    expect(await command(own, 'clear')).toBe('');
  });

  test('is not kept when the table is switched off', async () => {
    await loadAll(url(), { ...config, default_target_schema: 'unkept', state_table: '' }, users, [{ id: 1 }], '{"n":1}');
    expect(await query("SELECT tablename FROM pg_tables WHERE schemaname = 'unkept'")).toEqual([{ tablename: 'users' }]);
    await expect(command({ ...config, state_table: '' }, 'get')).rejects.toMatchObject({ exitCode: 2 });
  });

  describe.each([
    ['no action', [], 2],
    ['an unknown action', ['shout'], 2],
    ['set without a file', ['set'], 2],
    ['set from a file that is not there', ['set', '/nowhere/state.json'], 1],
  ])('%s', (_, args, exitCode) => {
    test('is refused', async () => {
      await expect(command(config, ...args)).rejects.toMatchObject({ exitCode });
    });
  });

  test('set refuses what is not a JSON object, without quoting it', async () => {
    const file = join(folder, 'bad.json');
    await writeFile(file, '"topsecret"');
    const refused = command(config, 'set', file);
    await expect(refused).rejects.toMatchObject({ code: 'state-not-json' });
    await expect(refused.catch(String)).resolves.not.toContain('topsecret');
  });

  test('a run resumed from it is exactly-once in append, wherever the last one died', async () => {
    const of = header('source', { id: 'integer' });
    const own = {
      ...config,
      default_target_schema: 'resumed',
      state_id: 'resumed',
      application_name: 'resumed_run',
      max_retries: 0,
    };
    const total = 60;
    let deaths = 0;
    for (let next = 0; next < total;) {
      next = (JSON.parse(await command(own, 'get')) as { id?: number }).id ?? 0;
      // Every run dies a little later than the last one, on one side of a commit or the other.
      const dies = next + 1 + (deaths % 8);
      const drive = await Drive.open(url(), own);
      try {
        for (let id = next + 1; id <= total; id++) {
          // Two of three records have no STATE behind them, so that transactions stay open over several units.
          const loading = drive.load(of, [{ id }], id % 3 === 0 || id === total ? { state: `{"id":${id}}` } : {});
          if (id >= dies && (id - dies) % 5 === 0) {
            await Promise.allSettled([
              query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'resumed_run'"),
              loading,
            ]);
          }
          await loading;
        }
      } catch (error) {
        expect(error).toMatchObject({ exitCode: 1 });
        deaths++;
      } finally {
        await drive.close();
      }
    }
    expect(deaths).toBeGreaterThan(10);
    expect(
      await query('SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, max(id)::int AS last FROM resumed.source'),
    ).toEqual([{ rows: total, ids: total, last: total }]);
  });
});
