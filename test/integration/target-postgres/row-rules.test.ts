import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { Drive, header, loadAll, sql, type Sql } from './drive.ts';

const upsert = { default_target_schema: 'public', load_method: 'upsert' };

describeWithPostgres('target-postgres rules for rows', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  describe('version_column', () => {
    const config = { ...upsert, version_column: 'updated_at' };
    const of = (name: string, type = 'string?:date-time'): ReturnType<typeof header> =>
      header(name, { id: 'integer', updated_at: type, note: 'string?' }, ['id']);
    const notes = async (table: string): Promise<unknown[]> =>
      (await query(`SELECT note FROM ${table} ORDER BY id`)).map((row) => row['note']);
    const row = (id: number, updated_at: string | null, note: string): Row => ({ id, updated_at, note });

    test('an older record never takes the place of a newer row, over batches', async () => {
      const stream = of('newer');
      await loadAll(url(), config, stream, [row(1, '2026-01-02T00:00:00Z', 'new'), row(2, '2026-01-02T00:00:00Z', 'new')]);
      const summary = await loadAll(url(), config, stream, [
        row(1, '2026-01-01T00:00:00Z', 'late'),
        row(2, '2026-01-03T00:00:00Z', 'newest'),
      ]);
      expect(summary).toEqual({ inserted: 0, updated: 1, unchanged: 1 });
      expect(await notes('newer')).toEqual(['new', 'newest']);
    });

    test('in a batch the newest record counts; of equal ones the last', async () => {
      const stream = of('in_batch');
      await loadAll(url(), config, stream, [row(0, null, 'there')]);
      await loadAll(url(), config, stream, [
        row(1, '2026-01-03T00:00:00Z', 'newest'),
        row(1, '2026-01-02T00:00:00Z', 'older'),
        row(2, '2026-01-02T00:00:00Z', 'first'),
        row(2, '2026-01-02T00:00:00Z', 'last'),
        row(3, '2026-01-02T00:00:00Z', 'dated'),
        row(3, null, 'undated'),
      ]);
      expect(await notes('in_batch')).toEqual(['there', 'newest', 'last', 'dated']);
    });

    test('null is older than everything, and a tie overwrites', async () => {
      const stream = of('nulls');
      await loadAll(url(), config, stream, [row(1, null, 'a'), row(2, null, 'a'), row(3, '2026-01-01T00:00:00Z', 'a')]);
      await loadAll(url(), config, stream, [row(1, null, 'b'), row(2, '2026-01-01T00:00:00Z', 'b'), row(3, null, 'b')]);
      expect(await notes('nulls')).toEqual(['b', 'b', 'a']);
    });

    test.each([
      ['integer?', [9, 10]],
      ['string?', ['Z', 'a']],
    ] as const)('orders %s as such', async (type, [low, high]) => {
      const stream = of(`ordered_${type.slice(0, -1)}`, type);
      await loadAll(url(), config, stream, [{ id: 1, updated_at: high, note: 'high' }]);
      await loadAll(url(), config, stream, [{ id: 1, updated_at: low, note: 'low' }]);
      expect(await notes(stream.stream)).toEqual(['high']);
    });

    test('holds back an older deletion', async () => {
      const stream = of('late_delete');
      const hard = { ...config, hard_delete: true };
      await loadAll(url(), hard, stream, [row(1, '2026-01-02T00:00:00Z', 'a')]);
      await loadAll(url(), hard, stream, [{ ...row(1, '2026-01-01T00:00:00Z', 'a'), _sdc_deleted_at: '2026-01-01T00:00:00Z' }]);
      expect(await notes('late_delete')).toEqual(['a']);
    });

    test('that no property bears, or that has no order, is refused before anything is loaded', async () => {
      const drive = await Drive.open(url(), upsert);
      const stream = header('refused', { id: 'integer', odd: { type: 'object' } }, ['id']);
      for (const version_column of ['missing', 'odd']) {
        await expect(drive.open(stream, { version_column })).rejects.toMatchObject({
          exitCode: 2,
          message: expect.stringContaining(version_column),
        });
      }
      await drive.close();
    });
  });

  describe('audit_columns', () => {
    const of = (name: string): ReturnType<typeof header> => header(name, { id: 'integer', name: 'string?' }, ['id']);
    const times = (table: string, columns = 'created_at, modified_at'): Promise<Record<string, unknown>[]> =>
      query(`SELECT id::int, ${columns} FROM ${table} ORDER BY id`);

    test('tell when a row came and when its data really changed', async () => {
      const config = { ...upsert, audit_columns: true };
      await loadAll(url(), config, of('audited'), [{ id: 1, name: 'a' }, { id: 2, name: 'b' }]); // prettier-ignore
      const before = await times('audited');
      expect(before[0]!['created_at']).toEqual(before[0]!['modified_at']);
      expect(await loadAll(url(), config, of('audited'), [{ id: 1, name: 'a' }, { id: 2, name: 'B' }])).toMatchObject({ updated: 1 }); // prettier-ignore
      const after = await times('audited');
      expect(after[0]).toEqual(before[0]);
      expect(after[1]!['created_at']).toEqual(before[1]!['created_at']);
      expect(after[1]!['modified_at']).not.toEqual(before[1]!['modified_at']);
    });

    test('are not touched by a new version of the same data, but by its deletion', async () => {
      const config = { ...upsert, audit_columns: true };
      const load = async (version: number, ids: readonly number[]): Promise<void> => {
        const drive = await Drive.open(url(), config);
        const part = await drive.part(
          of('audited_versions'),
          ids.map((id) => ({ id, name: 'a' })),
          { version },
        );
        await drive.destination.load({ parts: [{ ...part, activate: version }], state: '{}', last: true });
        await drive.close();
      };
      await load(1, [1, 2]);
      const before = await times('audited_versions');
      await load(2, [1]);
      const after = await times(
        'audited_versions',
        'created_at, modified_at, _sdc_table_version::int AS v, _sdc_deleted_at IS NULL AS live',
      );
      expect(after[0]).toEqual({ ...before[0], v: 2, live: true });
      expect(after[1]).toMatchObject({ v: 1, live: false, created_at: before[1]!['created_at'] });
      expect(after[1]!['modified_at']).not.toEqual(before[1]!['modified_at']);
    });

    test('may have other names, or be one alone; rows that were there before have null', async () => {
      await loadAll(url(), upsert, of('named'), [{ id: 1, name: 'a' }]);
      const config = { ...upsert, audit_columns: { created_at: 'loaded at', modified_at: '' } };
      await loadAll(url(), config, of('named'), [{ id: 2, name: 'b' }]);
      expect(await query('SELECT id::int, "loaded at" IS NULL AS unknown FROM named ORDER BY id')).toEqual([
        { id: 1, unknown: true },
        { id: 2, unknown: false },
      ]);
      expect(await query("SELECT FROM pg_attribute WHERE attrelid = 'named'::regclass AND attname = 'modified_at'")).toEqual([]);
    });

    test('that a table has already, made by hand without a default, are filled from now on', async () => {
      await query(`CREATE TABLE by_hand (id bigint PRIMARY KEY, name text, created_at timestamp NOT NULL, modified_at date);
        INSERT INTO by_hand VALUES (1, 'old', '2020-01-01', NULL)`);
      await loadAll(url(), { ...upsert, audit_columns: true }, of('by_hand'), [{ id: 1, name: 'new' }, { id: 2, name: 'b' }]); // prettier-ignore
      expect(await times('by_hand', 'created_at::date::text AS came, modified_at = current_date AS today')).toEqual([
        { id: 1, came: '2020-01-01', today: true },
        { id: 2, came: expect.not.stringMatching('2020-01-01'), today: true },
      ]);
      const notNull = "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'by_hand'::regclass AND attname = 'created_at'";
      expect(await query(notNull)).toEqual([{ attnotnull: true }]);
    });

    test('that a table has already as something else are refused', async () => {
      await query('CREATE TABLE otherwise (id bigint PRIMARY KEY, name text, created_at int)');
      await expect(
        loadAll(url(), { ...upsert, audit_columns: true }, of('otherwise'), [{ id: 1, name: 'a' }]),
      ).rejects.toMatchObject({ code: 'audit-column', hint: expect.stringContaining('audit_columns') });
    });

    test('that a stream has itself are refused', async () => {
      const drive = await Drive.open(url(), upsert);
      const stream = header('clash', { id: 'integer', created_at: 'string?' });
      await expect(drive.open(stream, { audit_columns: true })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('created_at'),
      });
      await drive.close();
    });

    test.each([
      [{ created_at: '_sdc_extra' }, 'of its own'],
      [{ created_at: 'x'.repeat(64) }, 'at most 63 bytes'],
      [{ created_at: 'at', modified_at: 'at' }, 'names of their own'],
    ])('of names that cannot be are refused: %j', async (columns, why) => {
      await expect(
        loadAll(url(), { ...upsert, audit_columns: columns }, header('misnamed', { id: 'integer' }, ['id']), [{ id: 1 }]),
      ).rejects.toThrow(why);
    });

    test('work with append-only and with keys that may be null', async () => {
      const stream = header('audited_nulls', { id: 'integer?', name: 'string?' }, ['id']);
      // A key of ours may hold no null before Postgres 15; a table made by hand may.
      await query('CREATE TABLE audited_nulls (id bigint, name text)');
      const config = { ...upsert, audit_columns: true };
      await loadAll(url(), config, stream, [{ id: null, name: 'a' }]);
      await loadAll(url(), config, stream, [{ id: null, name: 'b' }]);
      expect(await query('SELECT name, created_at < modified_at AS changed FROM audited_nulls')).toEqual([
        { name: 'b', changed: true },
      ]);
      await loadAll(url(), { ...config, load_method: 'append-only' }, of('audited_rows'), [{ id: 1, name: 'a' }]);
      expect(await query('SELECT count(created_at)::int AS n FROM audited_rows')).toEqual([{ n: 1 }]);
    });
  });

  describe('replace_range', () => {
    const of = (name: string, keys: readonly string[] = []): ReturnType<typeof header> =>
      header(name, { id: 'integer', day: 'string:date' }, keys);
    const config = { ...upsert, replace_range: { column: 'day', from: '2026-02-01', before: '2026-03-01' } };
    const old: readonly Row[] = [
      { id: 1, day: '2026-01-31' },
      { id: 2, day: '2026-02-01' },
      { id: 3, day: '2026-02-28' },
      { id: 4, day: '2026-03-01' },
    ];
    const rows = (table: string): Promise<Record<string, unknown>[]> =>
      query(`SELECT id::int, day::text FROM ${table} ORDER BY id, day`);

    test.each([
      ['with a key', ['id']],
      ['without one', []],
    ])('replaces the rows of the window in one step at the end, the rest stays (%s)', async (kind, keys) => {
      const stream = of(`window_${kind.replaceAll(' ', '_')}`, keys);
      await loadAll(url(), upsert, stream, old);
      const drive = await Drive.open(url(), config);
      expect(await drive.load(stream, [{ id: 5, day: '2026-02-10' }], { state: '{"n":1}', last: true })).toBe('open');
      expect(await rows(stream.stream)).toEqual(old);
      await drive.finish();
      await drive.close();
      expect(await rows(stream.stream)).toEqual([old[0], old[3], { id: 5, day: '2026-02-10' }]);
      expect(drive.destination.summary?.(stream.stream)).toEqual({ removed: 2, replaced: 1 });
      expect(await query('SELECT state FROM _singer_state')).toEqual([{ state: { n: 1 } }]);
    });

    test('takes a row that has moved into the window at its source', async () => {
      const stream = of('moved', ['id']);
      await loadAll(url(), upsert, stream, old);
      await loadAll(url(), config, stream, [{ id: 1, day: '2026-02-02' }], '{"n":1}');
      expect(await rows('moved')).toEqual([{ id: 1, day: '2026-02-02' }, old[3]]);
    });

    test.each([
      ['outside', '2026-03-01'],
      ['before', '2026-01-31'],
    ])('a record %s the window ends the run and nothing is replaced', async (kind, day) => {
      const stream = of(`strays_${kind}`);
      await loadAll(url(), upsert, stream, old);
      const replacing = loadAll(url(), config, stream, [{ id: 5, day: '2026-02-02' }, { id: 6, day }], '{"n":1}'); // prettier-ignore
      await expect(replacing).rejects.toMatchObject({ code: 'outside-range', facts: { records: 1 } });
      expect(await rows(stream.stream)).toEqual(old);
    });

    test.each([
      ['inverted', { from: '2026-03-01', before: '2026-02-01' }, 'inverted'],
      ['empty', { from: '2026-03-01', before: '2026-03-01' }, 'empty'],
      ['of another type', { from: 'spring', before: 'summer' }, 'values of day'],
      ['of no column', { column: 'month' }, 'no column month'],
    ])('a window that is %s is refused before anything is loaded', async (_, change, message) => {
      const drive = await Drive.open(url(), upsert);
      const replace_range = { ...config.replace_range, ...change };
      await expect(drive.open(of('no_window'), { replace_range })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(message),
      });
      await drive.close();
    });

    test('takes a row whose key has a null from where it was, too', async () => {
      const of = header('moved_null', { id: 'integer?', day: 'string:date' }, ['id']);
      // A key of ours may hold no null before Postgres 15; a table made by hand may.
      await query('CREATE TABLE moved_null (id bigint, day date)');
      await loadAll(url(), upsert, of, [{ id: null, day: '2026-01-01' }, { id: 1, day: '2026-01-01' }], '{}'); // prettier-ignore
      const window = { replace_range: { column: 'day', from: '2026-02-01', before: '2026-03-01' } };
      await loadAll(url(), { ...upsert, ...window }, of, [{ id: null, day: '2026-02-02' }], '{}');
      expect(await query('SELECT id, day::text FROM moved_null ORDER BY id')).toEqual([
        { id: '1', day: '2026-01-01' },
        { id: null, day: '2026-02-02' },
      ]);
    });

    test('takes integers and times, too', async () => {
      const stream = header('numbers', { id: 'integer', at: 'string:date-time' });
      await loadAll(
        url(),
        upsert,
        stream,
        [1, 2, 3].map((id) => ({ id, at: `2026-01-0${id}T00:00:00Z` })),
      );
      await loadAll(
        url(),
        { ...upsert, replace_range: { column: 'id', from: 2, before: 3 } },
        stream,
        [{ id: 2, at: '2027-01-01T00:00:00Z' }],
        '{}',
      );
      const window = { column: 'at', from: '2026-01-01', before: '2026-01-01T00:00:01Z' };
      await loadAll(url(), { ...upsert, replace_range: window }, stream, [{ id: 9, at: '2026-01-01T01:00:00.5+01:00' }], '{}');
      expect(await query('SELECT id::int FROM numbers ORDER BY at')).toEqual([{ id: 9 }, { id: 3 }, { id: 2 }]);
    });

    test('without a record the window stays, unless it may become empty and the stream is complete', async () => {
      const stream = of('no_rows');
      await loadAll(url(), upsert, stream, old);
      const kept = await Drive.open(url(), config);
      await kept.all(stream, [], '{"n":1}');
      expect(await rows('no_rows')).toEqual(old);
      expect(kept.logged.some(({ level, message }) => level === 'warn' && message.includes('replace_range'))).toBe(true);
      const emptying = { ...config, replace_range: { ...config.replace_range, allow_empty: true } };
      const cut = await Drive.open(url(), emptying);
      await cut.load(stream, [], { state: '{"n":2}', last: true });
      await cut.finish([]);
      await cut.close();
      expect(await rows('no_rows')).toEqual(old);
      const emptied = await Drive.open(url(), emptying);
      await emptied.all(stream, [], '{"n":2}');
      expect(emptied.destination.summary?.('no_rows')).toEqual({ removed: 2, replaced: 0 });
      expect(await rows('no_rows')).toEqual([old[0], old[3]]);
    });

    test('is refused when the brake says so, and when the end of the stream is not proven', async () => {
      const stream = of('braked');
      await loadAll(url(), upsert, stream, old);
      const braked = loadAll(url(), { ...config, max_delete_percent: 10 }, stream, [{ id: 5, day: '2026-02-02' }], '{}');
      await expect(braked).rejects.toMatchObject({ code: 'too-many-deletes', facts: { rows: 1, live: 2 } });
      const drive = await Drive.open(url(), config);
      await drive.load(stream, [{ id: 5, day: '2026-02-02' }], { last: true });
      await expect(drive.finish([])).rejects.toMatchObject({ code: 'overwrite-incomplete' });
      await drive.close();
      expect(await rows('braked')).toEqual(old);
    });

    test('beside streams that are loaded otherwise: all is committed at the end, with the state', async () => {
      const ranged = of('ranged');
      const plain = header('plain', { id: 'integer' }, ['id']);
      await loadAll(url(), upsert, ranged, old);
      const drive = await Drive.open(url(), upsert);
      await drive.open(ranged, { replace_range: config.replace_range });
      const parts = [await drive.part(ranged, [{ id: 7, day: '2026-02-02' }]), await drive.part(plain, [{ id: 1 }])];
      expect(await drive.destination.load({ parts, state: '{"n":3}', last: false })).toBe('open');
      expect(await drive.load(plain, [{ id: 2 }], { state: '{"n":4}', last: true })).toBe('open');
      await drive.finish();
      await drive.close();
      expect(await rows('ranged')).toEqual([old[0], old[3], { id: 7, day: '2026-02-02' }]);
      expect(await query('SELECT id::int FROM plain ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    });
  });
});
