import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap } from './drive.ts';

/** Faults that readers of Postgres are known to have. Each is a test of its own here, though other files test the same more closely. */
describeWithPostgres('tap-postgres has none of the known faults of readers of Postgres', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
  });
  afterAll(() => client.end());

  const values = async (table: string, config: object = {}, choice = {}): Promise<readonly unknown[]> => {
    const { records, error } = await runTap(url(), { [`public-${table}`]: choice }, { config });
    expect(error).toBeUndefined();
    return records.map((record) => record['v']);
  };
  const make = (table: string, type: string, ...rows: readonly string[]): Promise<unknown> =>
    client.query(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (v ${type}); INSERT INTO ${table} VALUES ${rows.map((row) => `(${row})`).join(', ')}`); // prettier-ignore

  it('ids of transactions are compared as numbers: none is passed over when they get a digit more', async () => {
    await client.query('CREATE TABLE by_xmin (v int)');
    const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
    const left = 10 ** rows[0]!.id.length - Number(rows[0]!.id);
    const add = (v: number): Promise<unknown> => client.query(`INSERT INTO by_xmin VALUES (${v})`);
    const burn = (count: number): Promise<unknown> =>
      client.query(`DO $$ BEGIN FOR n IN 1..${count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`);
    await burn(Math.max(0, left - 10));
    await add(1);
    const choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'xmin' };
    const first = await runTap(url(), { 'public-by_xmin': choice });
    await add(2);
    await burn(20);
    await add(3);
    const second = await runTap(url(), { 'public-by_xmin': choice }, { state: first.state });
    await add(4);
    const third = await runTap(url(), { 'public-by_xmin': choice }, { state: second.state });
    expect([first, second, third].map(({ records }) => records.map((record) => record['v']))).toEqual([[1], [2, 3], [4]]);
  });

  it('an array that is NULL is null, an empty one is empty, and an element may be NULL', async () => {
    await make('arrays', 'int[]', 'NULL', "'{}'", "'{NULL,1}'");
    expect(await values('arrays')).toEqual([null, [], [null, 1]]);
  });

  it('columns of domains and intervals are read', async () => {
    await client.query('CREATE DOMAIN small AS int CHECK (VALUE < 10); CREATE DOMAIN smaller AS small CHECK (VALUE < 5)');
    await make('domains', 'smaller', '4');
    await make('spans', 'interval', "'1 mon -2 days 03:04:05.5'");
    expect(await values('domains')).toEqual([4]);
    expect(await values('spans')).toEqual(['P1M-2DT3H4M5.5S']);
  });

  it('times before the year 1 do not end up in the year 9999', async () => {
    await make('early', 'timestamp', "'0044-03-15 12:00 BC'", "'-infinity'");
    expect(await values('early')).toEqual(['0044-03-15 12:00:00 BC', '-infinity']);
    const first = '0001-01-01T00:00:00+00:00';
    expect(await values('early', { temporal_out_of_range: 'clamp' })).toEqual([first, first]);
  });

  it('times after the year 9999 do not end the run', async () => {
    await make('late', 'date', "'10000-01-01'", "'infinity'");
    expect(await values('late')).toEqual(['10000-01-01', 'infinity']);
  });

  it('an index over columns that may be NULL, a part of the rows, or an expression makes no key', async () => {
    await client.query(`CREATE TABLE nulls (v int UNIQUE); CREATE TABLE partial (v int NOT NULL); CREATE UNIQUE INDEX ON partial (v) WHERE v > 0;
      CREATE TABLE expressions (v text NOT NULL); CREATE UNIQUE INDEX ON expressions (lower(v)); CREATE TABLE kept (v int NOT NULL UNIQUE)`);
    const keys = async (table: string): Promise<unknown> => {
      const { messages } = await runTap(url(), { [`public-${table}`]: {} });
      return messages.find(({ type }) => type === 'SCHEMA')!.key_properties;
    };
    expect(await Promise.all(['nulls', 'partial', 'expressions', 'kept'].map(keys))).toEqual([[], [], [], ['v']]);
  });

  it('a timestamp without a zone keeps its digits, whatever zone the session is in', async () => {
    await client.query(`ALTER DATABASE ${new URL(url()).pathname.slice(1)} SET TimeZone = 'Asia/Kathmandu'`);
    await make('plain', 'timestamp', "'2026-03-29 02:30:00.000001'");
    expect(await values('plain')).toEqual(['2026-03-29T02:30:00.000001+00:00']);
  });

  it('a time with a zone keeps its fraction and its zone, and 24:00 stays', async () => {
    await make('zoned', 'timetz', "'03:04:05.678901+05:30'", "'24:00:00+00'");
    expect(await values('zoned')).toEqual(['03:04:05.678901+05:30', '24:00:00+00']);
  });

  it('settings do what they say: default_replication_method and use_singer_decimal', async () => {
    await make('decimals', 'numeric(6,2) NOT NULL', '1.5');
    const config = { use_singer_decimal: true, default_replication_method: 'INCREMENTAL', replication_key: 'v' };
    const { messages, state } = await runTap(url(), { 'public-decimals': {} }, { config });
    expect(messages.find(({ type }) => type === 'RECORD')!.record).toEqual({ v: '1.50' });
    expect(messages.find(({ type }) => type === 'SCHEMA')!.schema!.properties['v']).toMatchObject({ format: 'singer.decimal' });
    expect(state).toMatchObject({ bookmarks: { 'public-decimals': { replication_key_value: '1.50' } } });
  });

  it('an SSH tunnel is refused as long as there is none, rather than left out', async () => {
    await make('tunnelled', 'int', '1');
    const { error } = await runTap(url(), { 'public-tunnelled': {} }, { config: { ssh_tunnel: { enable: true } } });
    expect(error).toMatchObject({ exitCode: 2 });
  });

  it('a key value with quotes, backslashes or what looks like SQL is a value', async () => {
    await make('quotes', 'text NOT NULL', `'a'`, `E'b\\\\'' OR ''1''=''1'`);
    const choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'v' };
    const first = await runTap(url(), { 'public-quotes': choice });
    expect(first.records).toHaveLength(2);
    await client.query(`INSERT INTO quotes VALUES ('c')`);
    const second = await runTap(url(), { 'public-quotes': choice }, { state: first.state });
    expect(second.records.map((record) => record['v'])).toEqual(['c']);
  });
});
