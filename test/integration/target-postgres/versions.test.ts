import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, Row } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { Drive, header, loadAll, sql, type Sql } from './drive.ts';

const schema = { default_target_schema: 'public' };
const append = { ...schema, load_method: 'append-only' };
const upsert = { ...schema, load_method: 'upsert' };
const DELETED = '2026-05-06T07:08:09Z';

describeWithPostgres('target-postgres versions and deletes', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  /** One run: rows by version, then the versions that become the only ones, each in a part of its own. */
  const run = async (
    config: Record<string, Json>,
    of: ReturnType<typeof header>,
    rows: readonly (readonly [version: number | undefined, ids: readonly number[]])[],
    activate: readonly number[] = [],
  ): Promise<{ readonly summary: Readonly<Record<string, Json>>; readonly drive: Drive }> => {
    const drive = await Drive.open(url(), config);
    try {
      const parts = [];
      for (const [version, ids] of rows)
        parts.push(
          await drive.part(
            of,
            ids.map((id) => ({ id })),
            { version },
          ),
        );
      for (const version of activate) parts.push({ ...(await drive.part(of, [])), activate: version });
      await drive.destination.load({ parts, state: '{"n":1}', last: true });
      await drive.finish();
      return { summary: drive.destination.summary!(of.stream), drive };
    } finally {
      await drive.close();
    }
  };

  const live = async (table: string): Promise<number[]> =>
    (await query(`SELECT id::int FROM ${table} WHERE _sdc_deleted_at IS NULL ORDER BY id`)).map((row) => row['id'] as number);
  const all = async (table: string): Promise<number[]> =>
    (await query(`SELECT id::int FROM ${table} ORDER BY id`)).map((row) => row['id'] as number);

  describe.each([
    ['append-only', append, []],
    ['upsert', upsert, ['id']],
  ] as const)('an activated version with %s', (method, config, keys) => {
    const name = method.replace('-', '_');

    test('marks rows of lower versions and of none; its own and higher ones stay [151]', async () => {
      const of = header(`${name}_soft`, { id: 'integer' }, keys);
      await run(config, of, [[undefined, [1]], [10, [2]], [20, [3]], [30, [4]]]); // prettier-ignore
      const { summary } = await run(config, of, [], [20]);
      expect(summary).toMatchObject({ marked: 2 });
      expect(await live(of.stream)).toEqual([3, 4]);
      expect(await all(of.stream)).toEqual([1, 2, 3, 4]);
    });

    test('deletes them with hard_delete [151]', async () => {
      const of = header(`${name}_hard`, { id: 'integer' }, keys);
      await run(config, of, [[undefined, [1]], [10, [2]], [20, [3]], [30, [4]]]); // prettier-ignore
      const { summary } = await run({ ...config, hard_delete: true }, of, [], [20]);
      expect(summary).toMatchObject({ deleted: 2 });
      expect(await all(of.stream)).toEqual([3, 4]);
    });

    test('twice does no more than once, and keeps the time of the first deletion [152]', async () => {
      const of = header(`${name}_twice`, { id: 'integer' }, keys);
      await run(config, of, [[10, [1]]]);
      await run(config, of, [[20, [2]]], [20]);
      const [before] = await query(`SELECT _sdc_deleted_at AS at FROM ${of.stream} WHERE id = 1`);
      expect((await run(config, of, [[20, [3]]], [20, 20])).summary).toMatchObject({ marked: 0 });
      expect(await query(`SELECT _sdc_deleted_at AS at FROM ${of.stream} WHERE id = 1`)).toEqual([before]);
      expect(await live(of.stream)).toEqual([2, 3]);
    });

    test('is written after the rows before it, in one transaction with them [155]', async () => {
      const of = header(`${name}_order`, { id: 'integer' }, keys);
      await run(config, of, [[10, [1, 2]]]);
      const drive = await Drive.open(url(), config);
      const parts = [
        { ...(await drive.part(of, [{ id: 3 }], { version: 20 })), activate: 20 },
        await drive.part(of, [{ id: 4 }], { version: 20 }),
      ];
      await drive.destination.load({ parts, state: '{"n":2}', last: true });
      await drive.close();
      expect(await live(of.stream)).toEqual([3, 4]);
    });
  });

  test('a row that comes again with the new version is alive again', async () => {
    const of = header('again', { id: 'integer' }, ['id']);
    await run(upsert, of, [[10, [1, 2]]]);
    await run(upsert, of, [[20, [2]]], [20]);
    expect(await live('again')).toEqual([2]);
    await run(upsert, of, [[30, [1, 2]]], [30]);
    expect(await live('again')).toEqual([1, 2]);
  });

  test.each([undefined, 'k'])(
    'a row that a record too old to overwrite it shows to be there stays alive (key with null: %s)',
    async (nullable) => {
      const table = `kept_alive_${String(nullable)}`;
      const of = header(table, nullable === undefined ? { id: 'integer', u: 'integer' } : { id: 'integer?', u: 'integer' }, [
        'id',
      ]);
      // A key of ours may hold no null before Postgres 15; a table made by hand may.
      await query(`CREATE TABLE ${table} (id bigint, u bigint)`);
      const config = { ...upsert, version_column: 'u', hard_delete: true };
      const id = nullable === undefined ? 1 : null;
      const load = async (version: number, u: number): Promise<void> => {
        const drive = await Drive.open(url(), config);
        const part = await drive.part(of, [{ id, u }], { version });
        await drive.destination.load({ parts: [{ ...part, activate: version }], state: '{}', last: true });
        await drive.close();
      };
      await load(1, 10);
      await load(2, 5);
      expect(await query(`SELECT u, _sdc_table_version AS version FROM ${table}`)).toEqual([{ u: '10', version: '2' }]);
    },
  );

  test('without metadata columns nothing is deleted, not even where the table has versions of old, and it is told', async () => {
    const of = header('plain_versions', { id: 'integer' }, ['id']);
    await run(upsert, of, [[10, [1]]]);
    const { drive } = await run({ ...upsert, add_record_metadata: false, hard_delete: true }, of, [[20, [2]]], [20]);
    expect(await all('plain_versions')).toEqual([1, 2]);
    expect(drive.logged.filter(({ level, message }) => level === 'warn' && message.includes('no version'))).toHaveLength(1);
  });

  test('an overwrite takes the activated version only', async () => {
    const of = header('over_versions', { id: 'integer' }, ['id']);
    const config = { ...schema, load_method: 'overwrite' };
    await run(config, of, [[10, [1, 2]], [20, [2, 3]]], [20]); // prettier-ignore
    expect(await all('over_versions')).toEqual([2, 3]);
  });

  describe('the brake', () => {
    test.each([
      ['soft', false],
      ['hard', true],
    ])('fails a %s delete of more than its share, and nothing of the run is there', async (kind, hard) => {
      const of = header(`brake_${kind}`, { id: 'integer' }, ['id']);
      const config = { ...upsert, hard_delete: hard, max_delete_percent: 50 };
      await run(config, of, [[10, [1, 2, 3, 4]]]);
      const failed = run(config, of, [[20, [1, 5]]], [20]);
      await expect(failed).rejects.toMatchObject({
        code: 'too-many-deletes',
        facts: { rows: 3, live: 5 },
        hint: expect.stringContaining('max_delete_percent'),
      });
      expect(await live(of.stream)).toEqual([1, 2, 3, 4]);
      await run(config, of, [[20, [1, 2, 5]]], [20]);
      expect(await live(of.stream)).toEqual([1, 2, 5]);
    });

    test('does not count rows that were marked long ago', async () => {
      const of = header('brake_marked', { id: 'integer' }, ['id']);
      await run(upsert, of, [[10, [1, 2, 3, 4]]]);
      await run(upsert, of, [[20, [4]]], [20]);
      await run({ ...upsert, max_delete_percent: 10 }, of, [[20, [5]]], [20]);
      expect(await live('brake_marked')).toEqual([4, 5]);
    });

    test('holds back an overwrite that would shrink the table too far', async () => {
      const of = header('brake_over', { id: 'integer' });
      const config = { ...schema, load_method: 'overwrite', max_delete_percent: 50 };
      await run(config, of, [[undefined, [1, 2, 3, 4]]]);
      await expect(run(config, of, [[undefined, [1]]])).rejects.toMatchObject({ code: 'too-many-deletes' });
      expect(await all('brake_over')).toEqual([1, 2, 3, 4]);
      await run(config, of, [[undefined, [7, 8]]]);
      expect(await all('brake_over')).toEqual([7, 8]);
    });
  });

  describe('a record with a deletion time [156]', () => {
    const rows: readonly Row[] = [
      { id: 1, name: 'a', _sdc_deleted_at: DELETED },
      { id: 2, name: 'b' },
    ];

    test.each([
      ['announced', { _sdc_deleted_at: 'string?:date-time' }],
      ['in no schema', {}],
    ])('is stored when deletes are soft (%s)', async (kind, more) => {
      const of = header(`marks_${kind.replaceAll(' ', '_')}`, { id: 'integer', name: 'string?', ...more }, ['id']);
      await loadAll(url(), upsert, of, rows);
      expect(await query(`SELECT id, _sdc_deleted_at = $1 AS deleted FROM ${of.stream} ORDER BY id`, [DELETED])).toEqual([
        { id: '1', deleted: true },
        { id: '2', deleted: null },
      ]);
    });

    describe.each([true, false])('with hard_delete and add_record_metadata %s', (metadata) => {
      const config = { ...upsert, hard_delete: true, add_record_metadata: metadata };
      test.each([
        ['announced', { _sdc_deleted_at: 'string?:date-time' }],
        ['in no schema', {}],
      ])('removes the row by its key, in one batch and over batches (%s)', async (kind, more) => {
        const of = header(`removes_${kind.replaceAll(' ', '_')}_${metadata}`, { id: 'integer', name: 'string?', ...more }, [
          'id',
        ]);
        expect(await loadAll(url(), config, of, rows)).toEqual({ inserted: 1, updated: 0, unchanged: 1, deleted: 0 });
        expect(await all(of.stream)).toEqual([2]);
        const next = [
          { id: 2, name: 'b', _sdc_deleted_at: DELETED },
          { id: 3, name: 'c', _sdc_deleted_at: DELETED },
          { id: 3, name: 'C', _sdc_deleted_at: null },
          { id: 4, name: 'd' },
          { id: 4, name: 'd', _sdc_deleted_at: DELETED },
        ];
        expect(await loadAll(url(), config, of, next)).toEqual({ inserted: 1, updated: 0, unchanged: 3, deleted: 1 });
        expect(await query(`SELECT id, name FROM ${of.stream}`)).toEqual([{ id: '3', name: 'C' }]);
        expect(await loadAll(url(), config, of, next)).toEqual({ inserted: 0, updated: 0, unchanged: 5, deleted: 0 });
      });
    });

    test('finds rows whose key is null, too', async () => {
      const of = header('removes_null', { id: 'integer?', part: 'integer' }, ['id', 'part']);
      // A key of ours may hold no null before Postgres 15; a table made by hand may.
      await query('CREATE TABLE removes_null (id bigint, part bigint)');
      const config = { ...upsert, hard_delete: true };
      await loadAll(url(), config, of, [{ id: null, part: 1 }, { id: null, part: 2 }, { id: 1, part: 1 }]); // prettier-ignore
      const summary = await loadAll(url(), config, of, [{ id: null, part: 1, _sdc_deleted_at: DELETED }]);
      expect(summary).toMatchObject({ deleted: 1 });
      expect(await query('SELECT id, part FROM removes_null ORDER BY id')).toEqual([{ id: '1', part: '1' }, { id: null, part: '2' }]); // prettier-ignore
    });

    test('is kept as a row where there is no key to find one by, and that is told', async () => {
      const of = header('keyless', { id: 'integer' });
      const drive = await Drive.open(url(), { ...upsert, hard_delete: true });
      await drive.all(of, [{ id: 1, _sdc_deleted_at: DELETED }]);
      expect(await all('keyless')).toEqual([1]);
      expect(drive.logged.some(({ message }) => message.includes('hard_delete'))).toBe(true);
    });

    test('leaves no row behind in an overwrite', async () => {
      const of = header('over_removes', { id: 'integer', name: 'string?' }, ['id']);
      await loadAll(url(), { ...schema, load_method: 'overwrite', hard_delete: true }, of, rows);
      expect(await all('over_removes')).toEqual([2]);
    });
  });
});
