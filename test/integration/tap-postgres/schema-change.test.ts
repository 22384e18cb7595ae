import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Catalog, CatalogStream } from '../../../singer/tap/catalog.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, type Finished, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { connected } from './drive.ts';

interface Sent {
  readonly status: Finished['status'];
  readonly stderr: string;
  readonly schema: Readonly<Record<string, { type: unknown }>>;
  readonly keys: unknown;
  readonly records: readonly unknown[];
}

const NULLABLE_INT = { type: ['null', 'integer'], minimum: -2147483648, maximum: 2147483647 };

describeWithPostgres('tap-postgres, with a catalog from before a table was altered', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
  });
  afterAll(() => client.end());
  beforeEach(async () => {
    await client.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, x text, v varchar(3));
      INSERT INTO t VALUES (1, 1, 'a', 'abc')`);
  });

  async function tap(args: readonly string[], config: object = {}): ReturnType<typeof run> {
    const path = join(temporaryFolder(), 'config.json');
    writeFileSync(path, JSON.stringify({ url: url(), tables: ['t'], ...config }));
    return run(executable('tap-postgres'), ['--config', path, ...args]);
  }

  async function discovered(change: (stream: CatalogStream) => void = () => undefined): Promise<Catalog> {
    const catalog = JSON.parse((await tap(['--discover'])).stdout) as Catalog;
    catalog.streams.forEach(change);
    return catalog;
  }

  async function read(catalog: Catalog, config: object = {}): Promise<Sent> {
    const path = join(temporaryFolder(), 'catalog.json');
    writeFileSync(path, JSON.stringify(catalog));
    const { status, stdout, stderr } = await tap(['--catalog', path], config);
    const messages = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, never>);
    const announced = messages.find(({ type }) => type === 'SCHEMA') ?? { schema: { properties: {} }, key_properties: undefined };
    return {
      status,
      stderr,
      schema: announced['schema'].properties,
      keys: announced['key_properties'],
      records: messages.filter(({ type }) => type === 'RECORD').map(({ record }) => record),
    };
  }

  it('a column that may be null by now, and one that takes longer text, are announced so', async () => {
    const catalog = await discovered();
    await client.query(
      `ALTER TABLE t ALTER n DROP NOT NULL, ALTER v TYPE varchar(5); INSERT INTO t VALUES (2, NULL, 'b', 'abcde')`,
    );
    const { status, schema, records } = await read(catalog);
    expect([status, schema['n'], schema['v']]).toEqual([0, NULLABLE_INT, { type: ['null', 'string'], maxLength: 5 }]);
    expect(records[1]).toEqual({ id: 2, n: null, x: 'b', v: 'abcde' });
  });

  it('a column of another type is announced and sent with it', async () => {
    const catalog = await discovered();
    await client.query(`ALTER TABLE t ALTER n TYPE text; UPDATE t SET n = 'many'`);
    const { status, schema, records } = await read(catalog);
    expect([status, schema['n'], records]).toEqual([0, { type: 'string' }, [{ id: 1, n: 'many', x: 'a', v: 'abc' }]]);
  });

  it('a type that the user put into the catalog stays, also when the column gets another', async () => {
    const catalog = await discovered(({ schema }) => {
      (schema['properties'] as Record<string, unknown>)['n'] = { type: 'string' };
    });
    await client.query('ALTER TABLE t ALTER n TYPE bigint');
    const { status, schema, records } = await read(catalog);
    expect([status, schema['n'], records]).toEqual([0, { type: 'string' }, [{ id: 1, n: '1', x: 'a', v: 'abc' }]]);
  });

  it('a column that came is read, if the catalog leaves none out', async () => {
    const catalog = await discovered();
    await client.query(`ALTER TABLE t ADD came int DEFAULT 7`);
    const { status, schema, records, stderr } = await read(catalog);
    expect([status, schema['came'], records]).toEqual([0, NULLABLE_INT, [{ id: 1, n: 1, x: 'a', v: 'abc', came: 7 }]]);
    expect(stderr).toMatch(/added after the catalog was discovered.*came/);
  });

  it.each<[string, (stream: CatalogStream) => void]>([
    ['deselects one', ({ metadata }) => choose(metadata, 'x', false)],
    [
      'does not name one any more',
      (stream) => {
        delete (stream.schema['properties'] as Record<string, unknown>)['x'];
      },
    ],
  ])('a column that came is left out, and told, if the catalog %s', async (_, change) => {
    const catalog = await discovered(change);
    await client.query('ALTER TABLE t ADD came int DEFAULT 7');
    const { status, records, stderr } = await read(catalog);
    expect([status, records]).toEqual([0, [{ id: 1, n: 1, v: 'abc' }]]);
    expect(stderr).toMatch(/does not name are left out: discover anew.*came/);
  });

  it('a column that came and may not be read is left out', async () => {
    const catalog = await discovered();
    await client.query(
      `DROP ROLE IF EXISTS came_reader; CREATE ROLE came_reader; GRANT SELECT (id, n, x, v) ON t TO came_reader; ALTER TABLE t ADD came int`,
    );
    const { status, records } = await read(catalog, { role: 'came_reader' });
    await client.query('DROP OWNED BY came_reader; DROP ROLE came_reader');
    expect([status, records]).toEqual([0, [{ id: 1, n: 1, x: 'a', v: 'abc' }]]);
  });

  it('a field that came is left out where a field beside it is, and sent where none is', async () => {
    await client.query(
      `DROP TYPE IF EXISTS addr CASCADE; CREATE TYPE addr AS (street text, no int); ALTER TABLE t ADD a addr; UPDATE t SET a = ROW('s', 1)`,
    );
    const [all, part] = [await discovered(), await discovered(({ metadata }) => choose(metadata, 'a.properties.street', false))];
    await client.query(`ALTER TYPE addr ADD ATTRIBUTE zip text; UPDATE t SET a = ROW('s', 1, '8000')`);
    expect((await read(all)).records).toEqual([{ id: 1, n: 1, x: 'a', v: 'abc', a: { street: 's', no: 1, zip: '8000' } }]);
    expect((await read(part)).records).toEqual([{ id: 1, n: 1, x: 'a', v: 'abc', a: { no: 1 } }]);
  });

  it('a column that may not be read any more is left out and told; with fail it ends the run', async () => {
    await client.query('DROP ROLE IF EXISTS came_reader; CREATE ROLE came_reader; GRANT SELECT (id, x) ON t TO came_reader');
    const catalog = await discovered(({ metadata }) => choose(metadata, 'v', false));
    const { status, records, stderr } = await read(catalog, { role: 'came_reader' });
    expect([status, records]).toEqual([0, [{ id: 1, x: 'a' }]]);
    expect(stderr).toMatch(/cannot be read any more are left out.*\["n"\]/);
    const failed = await read(catalog, { role: 'came_reader', on_schema_change: 'fail' });
    await client.query('DROP OWNED BY came_reader; DROP ROLE came_reader');
    expect(failed).toMatchObject({ status: 2, stderr: expect.stringMatching(/became unreadable after.*: n/) as unknown });
  });

  it('a column that got another name goes and comes; dropped ones are told', async () => {
    const catalog = await discovered();
    await client.query('ALTER TABLE t RENAME x TO y');
    const { status, records, stderr } = await read(catalog);
    expect([status, records]).toEqual([0, [{ id: 1, n: 1, v: 'abc', y: 'a' }]]);
    expect(stderr).toMatch(/source does not have are left out.*"x"/);
  });

  it('a new key counts, unless the catalog has one of its own', async () => {
    const [catalog, own] = [
      await discovered(),
      await discovered(({ metadata }) => chooseRoot(metadata, 'table-key-properties', ['x'])),
    ];
    await client.query('ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (n, id)');
    expect(await read(catalog)).toMatchObject({ status: 0, keys: ['n', 'id'] });
    Reflect.deleteProperty(own.streams[0]!, 'key_properties');
    expect(await read(own)).toMatchObject({ status: 0, keys: ['x'] });
  });

  it('a table that was made anew under its name is read as it is', async () => {
    const catalog = await discovered();
    await client.query(
      `DROP TABLE t; CREATE TABLE t (v varchar(3), id text PRIMARY KEY, n numeric); INSERT INTO t VALUES ('abc', 'k', 1.50)`,
    );
    const { status, records, keys } = await read(catalog);
    expect([status, records, keys]).toEqual([0, [{ id: 'k', n: 1.5, v: 'abc' }], ['id']]);
  });

  it('on_schema_change: fail ends the run before it reads, with all that was changed', async () => {
    const catalog = await discovered();
    await client.query(
      `ALTER TABLE t DROP x, ADD came int, ALTER n TYPE bigint, ALTER v TYPE text, DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (n)`,
    );
    const { status, stderr, records } = await read(catalog, { on_schema_change: 'fail' });
    expect([status, records]).toEqual([2, []]);
    for (const word of [
      /dropped after.*: x/,
      /another type after.*: n, v/,
      /added after.*: came/,
      /key was changed.*"n"/,
      /discover anew/,
    ])
      expect(stderr).toMatch(word);
  });

  it('on_schema_change: fail does not mind a table that is as it was, nor what nobody reads', async () => {
    const catalog = await discovered(({ metadata }) => choose(metadata, 'x', false));
    expect(await read(catalog, { on_schema_change: 'fail' })).toMatchObject({ status: 0 });
    await client.query('ALTER TABLE t ALTER x TYPE varchar(9)');
    expect(await read(catalog, { on_schema_change: 'fail' })).toMatchObject({ status: 0 });
    await client.query('ALTER TABLE t DROP x');
    expect(await read(catalog, { on_schema_change: 'fail' })).toMatchObject({ status: 0 });
  });

  it('on_schema_change: ignore keeps to the catalog', async () => {
    const catalog = await discovered();
    await client.query(`ALTER TABLE t ADD came int, ALTER n TYPE text`);
    const ignore = { stream_options: { 'public-t': { on_schema_change: 'ignore' } } };
    const { status, schema, records, stderr } = await read(catalog, ignore);
    expect([status, schema['n']?.type, records]).toEqual([0, 'integer', [{ id: 1, n: 1, x: 'a', v: 'abc' }]]);
    expect(stderr).toMatch(/left out: discover anew.*came/);
    await client.query(`UPDATE t SET n = 'many'`);
    expect(await read(catalog, ignore)).toMatchObject({ status: 1, stderr: expect.stringContaining('code=coercion') as unknown });
  });
});

function choose(metadata: CatalogStream['metadata'], property: string, selected: boolean): void {
  const entry = metadata.find(({ breadcrumb }) => breadcrumb.join('.') === `properties.${property}`)!;
  Object.assign(entry.metadata, { selected });
}

function chooseRoot(metadata: CatalogStream['metadata'], name: string, value: unknown): void {
  Object.assign(metadata.find(({ breadcrumb }) => breadcrumb.length === 0)!.metadata, { [name]: value });
}
