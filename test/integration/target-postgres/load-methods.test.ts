import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Part } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { Drive, header, loadAll, sql, type Sql } from './drive.ts';

const users = header('users', { id: 'integer', name: 'string?' }, ['id']);
const nullableKey = header('nullable', { id: 'integer?', part: 'string?', name: 'string?' }, ['id', 'part']);
const state = (n: number): string => JSON.stringify({ bookmarks: { users: { id: n } } });

describeWithPostgres('target-postgres load methods', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  describe('append-only', () => {
    const config = { default_target_schema: 'appended', load_method: 'append-only' };

    test('keeps every record, equal keys too, and makes no key [126]', async () => {
      const first = await loadAll(url(), config, users, [
        { id: 1, name: 'a' },
        { id: 1, name: 'b' },
      ]);
      await loadAll(url(), config, users, [{ id: 1, name: 'b' }]);
      expect(first).toEqual({ appended: 2 });
      expect(await query('SELECT id, name FROM appended.users ORDER BY name')).toEqual([
        { id: '1', name: 'a' },
        { id: '1', name: 'b' },
        { id: '1', name: 'b' },
      ]);
    });

    test('writes the rows of many streams of a unit, also where a table changes or a version becomes active between', async () => {
      const drive = await Drive.open(url(), { ...config, default_target_schema: 'together' });
      const names = Array.from({ length: 70 }, (_, n) => `s${n}`);
      const narrow = names.map((name) => header(name, { id: 'integer' }));
      const wider = header('s3', { id: 'integer', more: 'string?' });
      const text = header('s4', { id: 'string' });
      const parts: Part[] = [];
      for (const [n, of] of narrow.entries()) parts.push(await drive.part(of, [{ id: n }, { id: n + 1 }], { version: 1 }));
      expect(await drive.destination.load({ parts, state: undefined, last: false })).toBe('open');
      const second: Part[] = [];
      for (const [n, of] of narrow.entries()) second.push(await drive.part(of, [{ id: 100 + n }], { version: 2 }));
      // What COPY writes as t would be another text after the change.
      second.push(await drive.part(header('flags', { on: 'boolean' }), [{ on: true }]));
      second.push(await drive.part(header('flags', { on: 'string' }), [{ on: 'yes' }]));
      second.push(
        await drive.part(wider, [{ id: 7, more: 'x' }], { version: 2 }),
        await drive.part(text, [{ id: 'seven' }], { version: 2 }),
        { ...(await drive.part(narrow[5]!, [{ id: 7 }], { version: 2 })), activate: 2 },
        await drive.part(narrow[5]!, [{ id: 8 }], { version: 2 }),
      );
      await drive.destination.load({ parts: second, state: state(1), last: true });
      await drive.finish();
      const idsOf = async (name: string) => (await query(`SELECT id::text FROM together.${name} ORDER BY id::text`)).map(({ id }) => id); // prettier-ignore
      const expected: Record<string, string[]> = { s3: ['103', '3', '4', '7'], s4: ['104', '4', '5', 'seven'] };
      for (const [n, name] of names.entries()) {
        if (name !== 's5') expect(await idsOf(name)).toEqual(expected[name] ?? [`${n}`, `${n + 1}`, `${100 + n}`].toSorted());
      }
      expect(await query('SELECT id::int FROM together.s5 WHERE _sdc_deleted_at IS NULL ORDER BY id')).toEqual(
        [7, 8, 105].map((id) => ({ id })),
      );
      expect(await query('SELECT "on" FROM together.flags ORDER BY "on"')).toEqual([{ on: 'true' }, { on: 'yes' }]);
      expect(await query('SELECT more FROM together.s3 WHERE id = 7')).toEqual([{ more: 'x' }]);
      expect(drive.destination.summary!('s0')).toEqual({ appended: 3 });
      expect(drive.destination.summary!('s3')).toEqual({ appended: 4 });
      expect(drive.destination.summary!('s5')).toMatchObject({ appended: 5 });
      await drive.close();
    });

    test('keeps nothing of a unit of which the server refuses one stream, whatever the sizes, and loads it when that is mended', async () => {
      await query('CREATE SCHEMA refused');
      await query('CREATE TABLE refused.b (id bigint UNIQUE, name text)');
      const streams = ['a', 'b', 'c'].map((name) => header(name, { id: 'integer', name: 'string' }));
      const settings = { ...config, default_target_schema: 'refused', add_record_metadata: false };
      const load = async (): Promise<void> => {
        const drive = await Drive.open(url(), settings);
        try {
          // The server refuses the second row while megabytes are still to be sent.
          const records = Array.from({ length: 5000 }, (_, n) => ({ id: n < 2 ? 0 : n, name: 'x'.repeat(1000) }));
          const parts: Part[] = [];
          for (const of of streams) parts.push(await drive.part(of, records));
          await drive.destination.load({ parts, state: state(9), last: true });
          await drive.finish();
        } finally {
          await drive.close();
        }
      };
      await expect(load()).rejects.toMatchObject({ code: 'duplicate-key' });
      const rows = async (name: string) => (await query(`SELECT count(*)::int AS n FROM refused.${name}`))[0]!['n'];
      for (const name of ['a', 'b', 'c']) expect(await rows(name)).toBe(0);
      await query('ALTER TABLE refused.b DROP CONSTRAINT b_id_key');
      await load();
      for (const name of ['a', 'b', 'c']) expect(await rows(name)).toBe(5000);
    });

    test('fills the metadata columns [157]', async () => {
      const drive = await Drive.open(url(), { ...config, default_target_schema: 'meta' });
      const part = await drive.part(users, [{ id: 1, name: 'a' }], { timeExtracted: '2024-05-06T07:08:09.123456Z', version: 42 });
      await drive.destination.load({ parts: [part], state: undefined, last: true });
      await drive.close();
      const [row] = await query(
        `SELECT _sdc_extracted_at::text AS e, _sdc_received_at = $1 AS r, _sdc_batched_at = $1 AS b, _sdc_deleted_at AS d,
           _sdc_sequence::text AS s, _sdc_table_version::text AS v, _sdc_sync_started_at::text AS y FROM meta.users`,
        [drive.run.startedAt],
      );
      const ms = String(drive.run.startedAt.getTime());
      expect(row).toEqual({ e: '2024-05-06 07:08:09.123456+00', r: true, b: true, d: null, s: ms, v: '42', y: ms });
    });

    test('leaves the metadata columns out when told so, and drops such fields of the records', async () => {
      const of = header('plain', {
        id: 'integer',
        _sdc_sequence: 'integer?',
        _sdc_deleted_at: 'string?:date-time',
        _sdc_source_file: 'string?',
      });
      await loadAll(url(), { ...config, add_record_metadata: false }, of, [
        { id: 1, _sdc_sequence: 2, _sdc_deleted_at: null, _sdc_source_file: 'f' },
      ]);
      expect(await query('SELECT * FROM appended.plain')).toEqual([{ id: '1', _sdc_source_file: 'f' }]);
    });

    test('refuses a row that the table’s own key has already, naming the way out and no value', async () => {
      await query('CREATE TABLE appended.keyed (id bigint PRIMARY KEY, secret text)');
      const of = header('keyed', { id: 'integer', secret: 'string' }, ['id']);
      const again = loadAll(url(), config, of, [
        { id: 77001, secret: 'a' },
        { id: 77001, secret: 'b' },
      ]);
      await expect(again).rejects.toMatchObject({ code: 'duplicate-key', hint: expect.stringContaining('upsert') });
      await expect(again.catch((error: Error) => `${error.message}${JSON.stringify(error)}`)).resolves.not.toContain('77001');
    });

    test('writes rows no later than their state, and not at all when the run dies before one came', async () => {
      const drive = await Drive.open(url(), { ...config, default_target_schema: 'waits' });
      expect(await drive.load(users, [{ id: 1, name: 'a' }], { state: state(1) })).toBe('committed');
      expect(await drive.load(users, [{ id: 2, name: 'b' }])).toBe('open');
      expect(await drive.load(users, [{ id: 3, name: 'c' }])).toBe('open');
      expect(await query('SELECT count(*)::int AS rows FROM waits.users')).toEqual([{ rows: 1 }]);
      expect(await drive.load(users, [{ id: 4, name: 'd' }], { state: state(4) })).toBe('committed');
      expect(await query('SELECT count(*)::int AS rows FROM waits.users')).toEqual([{ rows: 4 }]);
      expect(await drive.load(users, [{ id: 5, name: 'e' }])).toBe('open');
      await drive.close();
      expect(await query('SELECT count(*)::int AS rows FROM waits.users')).toEqual([{ rows: 4 }]);
      expect(drive.destination.summary?.('users')).toEqual({ appended: 4 });
    });
  });

  describe('upsert', () => {
    const config = { default_target_schema: 'upserted', load_method: 'upsert' };

    test('keeps one row per key, the last that arrived, in one batch and over batches [126]', async () => {
      const summary = await loadAll(url(), config, users, [
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
        { id: 1, name: 'c' },
      ]);
      expect(summary).toEqual({ inserted: 2, updated: 0, unchanged: 1 });
      expect(
        await loadAll(url(), config, users, [
          { id: 2, name: 'B' },
          { id: 3, name: 'd' },
        ]),
      ).toEqual({ inserted: 1, updated: 1, unchanged: 0 });
      expect(await query('SELECT id, name FROM upserted.users ORDER BY id')).toEqual([
        { id: '1', name: 'c' },
        { id: '2', name: 'B' },
        { id: '3', name: 'd' },
      ]);
    });

    test('copies straight into a new table over several batches, until a key comes again', async () => {
      const of = header('fresh', { id: 'integer', name: 'string?' }, ['id']);
      const drive = await Drive.open(url(), config);
      await drive.load(of, [{ id: 1, name: 'a' }], { state: state(1) });
      await drive.load(of, [{ id: 2, name: 'b' }], { state: state(2) });
      expect(drive.destination.summary?.('fresh')).toEqual({ inserted: 2 });
      await drive.load(
        of,
        [
          { id: 2, name: 'c' },
          { id: 3, name: 'd' },
        ],
        { state: state(3) },
      );
      expect(drive.destination.summary?.('fresh')).toEqual({ inserted: 3, updated: 1, unchanged: 0 });
      await drive.close();
      expect(await query('SELECT string_agg(name, $1 ORDER BY id) AS names FROM upserted.fresh', [','])).toEqual([
        { names: 'a,c,d' },
      ]);
    });

    test('does not write rows that are as they were', async () => {
      const of = header(
        'same',
        { id: 'integer', name: 'string?', n: 'number?', at: 'string?:date-time', doc: 'object?', flag: 'boolean?' },
        ['id'],
      );
      const rows = Array.from({ length: 500 }, (_, i) => ({
        id: i,
        name: i % 3 ? `n${i}` : null,
        n: i / 4,
        at: '2024-01-02T03:04:05Z',
        doc: { i, list: [1, null] },
        flag: i % 2 === 0,
      }));
      await loadAll(url(), config, of, rows);
      const before = await query('SELECT id, ctid::text, xmin::text FROM upserted.same ORDER BY id');
      expect(await loadAll(url(), config, of, rows.toReversed())).toEqual({ inserted: 0, updated: 0, unchanged: 500 });
      expect(await query('SELECT id, ctid::text, xmin::text FROM upserted.same ORDER BY id')).toEqual(before);
      const changed = rows.map((row) => (row.id === 7 ? { ...row, doc: { i: 8, list: [1, null] } } : row));
      expect(await loadAll(url(), config, of, changed)).toEqual({ inserted: 0, updated: 1, unchanged: 499 });
    });

    test('tells null keys as equal to each other', async () => {
      const rows = [
        { id: null, part: 'a', name: '1' },
        { id: null, part: null, name: '2' },
        { id: 1, part: 'a', name: '3' },
      ];
      const [server] = await query("SELECT current_setting('server_version_num')::int AS version");
      if (Number(server!['version']) < 150_000) {
        // Nothing before version 15 could keep two such rows from being there twice.
        await expect(loadAll(url(), config, nullableKey, rows)).rejects.toMatchObject({ code: 'null-refused' });
        return;
      }
      await loadAll(url(), config, nullableKey, rows);
      const again = await loadAll(url(), config, nullableKey, [
        ...rows.map((row) => ({ ...row, name: `${row.name}x` })),
        { id: null, part: 'b', name: 'new' },
      ]);
      expect(again).toEqual({ inserted: 1, updated: 3, unchanged: 0 });
      expect(await query('SELECT name FROM upserted.nullable ORDER BY name')).toEqual([
        { name: '1x' },
        { name: '2x' },
        { name: '3x' },
        { name: 'new' },
      ]);
    });

    test('merges by text, date and decimal keys, and by a key that is the whole row', async () => {
      const of = header('mixed', { t: 'string', d: 'string:date', n: { type: 'number' } }, ['t', 'd', 'n']);
      const rows = [
        { t: 'ä', d: '2024-01-01', n: 1.5 },
        { t: 'B', d: '2024-01-01', n: 1.5 },
        { t: 'b', d: '2024-01-01', n: 1.5 },
      ];
      await loadAll(url(), { ...config, add_record_metadata: false }, of, rows);
      expect(
        await loadAll(url(), { ...config, add_record_metadata: false }, of, [...rows, { t: 'b', d: '2024-01-02', n: 1.5 }]),
      ).toEqual({
        inserted: 1,
        updated: 0,
        unchanged: 3,
      });
    });

    test('appends streams without a key [127]', async () => {
      const of = header('keyless', { name: 'string?' });
      await loadAll(url(), config, of, [{ name: 'a' }]);
      expect(await loadAll(url(), config, of, [{ name: 'a' }])).toEqual({ appended: 1 });
      expect(await query('SELECT name FROM upserted.keyless')).toEqual([{ name: 'a' }, { name: 'a' }]);
    });

    test('commits rows without a state at once, because they may come again', async () => {
      const of = header('early', { id: 'integer' }, ['id']);
      const drive = await Drive.open(url(), config);
      expect(await drive.load(of, [{ id: 1 }])).toBe('committed');
      await drive.close();
    });

    test('makes the missing unique index of an existing table', async () => {
      await query('CREATE TABLE upserted.premade (id bigint, name text)');
      const of = header('premade', { id: 'integer', name: 'string?' }, ['id']);
      await loadAll(url(), config, of, [{ id: 1, name: 'a' }]);
      expect(await loadAll(url(), config, of, [{ id: 1, name: 'b' }])).toEqual({ inserted: 0, updated: 1, unchanged: 0 });
      expect(await query("SELECT indexdef FROM pg_indexes WHERE tablename = 'premade'")).toEqual([
        { indexdef: expect.stringMatching(/^CREATE UNIQUE INDEX .* \(id\)/) },
      ]);
    });

    test('goes on, with one warning, where repeated rows forbid the unique index', async () => {
      await query(
        "CREATE TABLE upserted.repeated (id bigint, name text); INSERT INTO upserted.repeated VALUES (1, 'x'), (1, 'y'), (2, 'z')",
      );
      const of = header('repeated', { id: 'integer', name: 'string?' }, ['id']);
      const drive = await Drive.open(url(), { ...config, add_record_metadata: false });
      await drive.load(of, [{ id: 2, name: 'Z' }], { state: state(1) });
      await drive.load(of, [{ id: 3, name: 'new' }], { state: state(2) });
      await drive.close();
      expect(drive.logged.filter(({ level, message }) => level === 'warn' && message.includes('no unique index'))).toHaveLength(
        1,
      );
      expect(await query('SELECT id, name FROM upserted.repeated ORDER BY id, name')).toEqual([
        { id: '1', name: 'x' },
        { id: '1', name: 'y' },
        { id: '2', name: 'Z' },
        { id: '3', name: 'new' },
      ]);
      // One record that changes two rows is not one that changes minus one.
      const both = await loadAll(url(), { ...config, add_record_metadata: false }, of, [{ id: 1, name: 'both' }]);
      expect(both).toEqual({ inserted: 0, updated: 2, unchanged: 0 });
    });

    test('a row that another unique index than the key refuses fails at once, by its name; it is no rival', async () => {
      await query('CREATE TABLE upserted.mailed (id bigint PRIMARY KEY, mail text CONSTRAINT one_mail UNIQUE)');
      const of = header('mailed', { id: 'integer', mail: 'string?' }, ['id']);
      const drive = await Drive.open(url(), config);
      await drive.load(of, [{ id: 1, mail: 'a' }], { state: state(1) });
      await expect(drive.load(of, [{ id: 2, mail: 'a' }], { state: state(2) })).rejects.toMatchObject({
        code: 'duplicate-key',
        facts: { constraint: 'one_mail' },
      });
      await drive.close();
      expect(drive.logged.filter(({ level }) => level === 'warn')).toEqual([]);
    });
  });

  describe('overwrite', () => {
    const config = { default_target_schema: 'overwritten', load_method: 'overwrite' };

    test('replaces the content at the end, in one step, and keeps views, grants and indexes [150]', async () => {
      await loadAll(
        url(),
        config,
        users,
        [
          { id: 1, name: 'old' },
          { id: 2, name: 'old' },
        ],
        state(1),
      );
      await query(`CREATE VIEW overwritten.names AS SELECT name FROM overwritten.users;
        CREATE INDEX names_index ON overwritten.users (name); GRANT SELECT ON overwritten.users TO PUBLIC`);
      const before = await query("SELECT oid, relacl::text FROM pg_class WHERE oid = 'overwritten.users'::regclass");
      const drive = await Drive.open(url(), config);
      expect(
        await drive.load(
          users,
          [
            { id: 3, name: 'new' },
            { id: 3, name: 'newest' },
          ],
          { state: state(2) },
        ),
      ).toBe('open');
      expect(await query('SELECT count(*)::int AS rows FROM overwritten.names')).toEqual([{ rows: 2 }]);
      expect(await query('SELECT state->$1 AS s FROM overwritten._singer_state', ['bookmarks'])).toEqual([
        { s: { users: { id: 1 } } },
      ]);
      await drive.finish();
      await drive.close();
      expect(await query('SELECT name FROM overwritten.names')).toEqual([{ name: 'newest' }]);
      expect(await query("SELECT oid, relacl::text FROM pg_class WHERE oid = 'overwritten.users'::regclass")).toEqual(before);
      expect(await query("SELECT indexname FROM pg_indexes WHERE indexname = 'names_index'")).toHaveLength(1);
      expect(await query('SELECT state->$1 AS s FROM overwritten._singer_state', ['bookmarks'])).toEqual([
        { s: { users: { id: 2 } } },
      ]);
      expect(drive.destination.summary?.('users')).toEqual({ replaced: 1 });
    });

    test('never shows a reader an empty table, not even one with an old snapshot', async () => {
      const of = header('watched', { id: 'integer' });
      await loadAll(url(), config, of, [{ id: 1 }], state(1));
      const reader = await sql(url());
      await reader('BEGIN ISOLATION LEVEL REPEATABLE READ');
      expect(await reader('SELECT id FROM overwritten.watched')).toEqual([{ id: '1' }]);
      await loadAll(url(), config, of, [{ id: 2 }], state(2));
      expect(await reader('SELECT id FROM overwritten.watched')).toEqual([{ id: '1' }]);
      await reader('COMMIT');
      expect(await reader('SELECT id FROM overwritten.watched')).toEqual([{ id: '2' }]);
      await reader.end();
    });

    test('empties by truncation when told so', async () => {
      const of = header('truncated', { id: 'integer' });
      const via = { ...config, overwrite_via: 'truncate' };
      await loadAll(url(), via, of, [{ id: 1 }, { id: 2 }], state(1));
      await loadAll(url(), via, of, [{ id: 3 }], state(2));
      expect(await query('SELECT id FROM overwritten.truncated')).toEqual([{ id: '3' }]);
    });

    test('says what to do where a table cannot be truncated', async () => {
      await query('CREATE TABLE referred (id bigint PRIMARY KEY); CREATE TABLE refers (id bigint REFERENCES referred)');
      const config = { default_target_schema: 'public', load_method: 'overwrite', overwrite_via: 'truncate' };
      await expect(
        loadAll(url(), config, header('referred', { id: 'integer' }, ['id']), [{ id: 1 }], '{}'),
      ).rejects.toMatchObject({
        code: 'truncate-refused',
        hint: 'Set overwrite_via to delete.',
      });
    });

    test('leaves the table of a stream without new records as it is', async () => {
      const of = header('idle', { id: 'integer' });
      await loadAll(url(), config, of, [{ id: 1 }], state(1));
      await loadAll(url(), config, of, [], state(2));
      expect(await query('SELECT id FROM overwritten.idle')).toEqual([{ id: '1' }]);
    });

    test('leaves everything as it was when a stream is not proven complete, unless the end of the input may count', async () => {
      const of = header('cut', { id: 'integer' });
      await loadAll(url(), config, of, [{ id: 1 }], state(1));
      const drive = await Drive.open(url(), config);
      await drive.load(of, [{ id: 2 }], { last: true });
      await expect(drive.finish([])).rejects.toMatchObject({
        code: 'overwrite-incomplete',
        hint: expect.stringContaining('overwrite_on_eof'),
      });
      await drive.close();
      expect(await query('SELECT id FROM overwritten.cut')).toEqual([{ id: '1' }]);
      const trusting = await Drive.open(url(), { ...config, overwrite_on_eof: true });
      await trusting.load(of, [{ id: 2 }], { last: true });
      await trusting.finish([]);
      await trusting.close();
      expect(await query('SELECT id FROM overwritten.cut')).toEqual([{ id: '2' }]);
    });

    test('leaves nothing behind when the run dies', async () => {
      const of = header('died', { id: 'integer' });
      await loadAll(url(), config, of, [{ id: 1 }], state(1));
      const drive = await Drive.open(url(), config);
      await drive.load(of, [{ id: 2 }], { state: state(2) });
      await drive.close();
      expect(await query('SELECT id FROM overwritten.died')).toEqual([{ id: '1' }]);
      expect(await query("SELECT relname FROM pg_class WHERE relname LIKE 'tapline%'")).toEqual([]);
    });

    test('takes a schema that grows in mid run', async () => {
      const of = header('grows', { id: 'integer' });
      const wider = header('grows', { id: 'integer', more: 'string?' });
      await loadAll(url(), config, of, [{ id: 0 }], state(1));
      const drive = await Drive.open(url(), config);
      await drive.load(of, [{ id: 1 }], { state: state(1) });
      await drive.load(wider, [{ id: 2, more: 'm' }], { state: state(2) });
      await drive.finish();
      await drive.close();
      expect(await query('SELECT id, more FROM overwritten.grows ORDER BY id')).toEqual([
        { id: '1', more: null },
        { id: '2', more: 'm' },
      ]);
    });
  });
});
