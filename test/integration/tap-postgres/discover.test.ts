import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Stream } from '../../../singer/index.ts';
import { catalogText } from '../../../singer/tap/catalog.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import tap from '../../../taps/postgres/index.ts';
import { keepingLog } from '../../support/memory-tap.ts';
import { readLanes } from './lanes.ts';
import { describeWithPostgres } from '../../support/postgres.ts';

/** Discovers; gives the streams and what was logged. */
async function discover(config: object): Promise<{ streams: readonly Stream[]; log: ReturnType<typeof keepingLog> }> {
  const log = keepingLog();
  const checked = checkConfig(allSettings(tap as never), { max_retries: 0, ...config });
  expect(checked.problems).toEqual([]);
  const run = { name: 'tap-postgres', version: '0', log, signal: new AbortController().signal };
  const source = await tap.open(checked.config as never, run);
  await source.close?.();
  return { streams: source.streams, log };
}

const MADE = `
  CREATE SCHEMA s; CREATE SCHEMA "s-t"; CREATE SCHEMA hidden;
  SET search_path = s;
  CREATE DOMAIN cents AS numeric(12, 2) CHECK (VALUE >= 0); CREATE DOMAIN more_cents AS cents;
  CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (a int, b mood);
  CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', gone int, price more_cents, double_price numeric GENERATED ALWAYS AS (1 * 2) STORED,
    feeling mood, both_of pair, matrix int[][], at timestamptz, doc json);
  ALTER TABLE plain DROP COLUMN gone;
  CREATE INDEX ON plain (at);
  COMMENT ON TABLE plain IS 'a plain one'; COMMENT ON COLUMN plain.name IS 'how it is called';
  CREATE TABLE keyless (a int, b int, UNIQUE (a));
  CREATE TABLE by_unique (a int NOT NULL, b int NOT NULL, c int, UNIQUE (b));
  CREATE TABLE by_partial (a int NOT NULL); CREATE UNIQUE INDEX ON by_partial (a) WHERE a > 0;
  CREATE TABLE by_expression (a int NOT NULL); CREATE UNIQUE INDEX ON by_expression (abs(a));
  CREATE TABLE by_deferred (a int NOT NULL UNIQUE DEFERRABLE);
  CREATE TABLE by_including (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX ON by_including (b) INCLUDE (a);
  CREATE TABLE ancestor (id int PRIMARY KEY); CREATE TABLE descendant (extra int) INHERITS (ancestor);
  CREATE TABLE parted (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
  CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY RANGE (id);
  CREATE TABLE parted_2a PARTITION OF parted_2 DEFAULT;
  CREATE VIEW seen AS SELECT id, name FROM plain; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
  CREATE TABLE "Odd ""one"" %.*" ("a b" int PRIMARY KEY, "A" int);
  CREATE TABLE "s-t"."x" (a int); CREATE TABLE s."t-x" (a int);
  CREATE TABLE hidden.secret (a int); CREATE TABLE hidden.proto (id int, "__proto__" int NOT NULL, "constructor" int); INSERT INTO hidden.proto VALUES (1, 2, 3); CREATE TEMP TABLE passing (a int);
  CREATE EXTENSION postgres_fdw SCHEMA public; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
  CREATE FOREIGN TABLE foreign_one (id int NOT NULL, name text) SERVER far`;

describeWithPostgres('discovery', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: url() });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(MADE);
  });
  afterAll(() => client.end());

  const find = async (config: object = {}): Promise<Map<string, Stream>> => {
    const { streams } = await discover({ url: url(), ...config });
    return new Map(streams.map((stream) => [stream.id, stream]));
  };
  const metadata = (stream: Stream | undefined, column: string): unknown => stream?.propertyMetadata?.[column];

  it('finds tables, views, materialized views, partitioned and foreign tables, sorted, and neither partitions nor what is the system’s', async () => {
    expect([...(await find({ filter_schemas: ['s'] })).keys()]).toEqual(
      [
        's-Odd "one" %.*',
        ...[
          'ancestor',
          'by_deferred',
          'by_expression',
          'by_including',
          'by_partial',
          'by_unique',
          'descendant',
          'foreign_one',
          'kept',
          'keyless',
        ],
        ...['parted', 'plain', 'seen'],
      ]
        .map((name) => (name.startsWith('s-') ? name : `s-${name}`))
        .concat('s-t-x'),
    );
    const all = [...(await find()).keys()];
    expect(all.filter((id) => /^(?:pg_|information_schema|.*passing)/.test(id))).toEqual([]);
    expect(all).toContain('hidden-secret');
  });

  it('looks into schemas of the system where they are named', async () => {
    expect((await find({ filter_schemas: 'pg_catalog', tables: ['pg_class'] })).size).toBe(1);
  });

  it('finds and reads columns by whatever name, also that of what objects inherit', async () => {
    const stream = (await find({ tables: ['hidden.proto'] })).get('hidden-proto')!;
    const own = (members: unknown): string[] => Object.keys(members as object);
    expect(own(stream.schema['properties'])).toEqual(['id', '__proto__', 'constructor']);
    expect(own(stream.propertyMetadata)).toEqual(['id', '__proto__', 'constructor']);
    expect([...catalogText([stream])].join('')).toContain('"__proto__": {"type": "integer"');
    const { fast, general } = await readLanes(url(), 'hidden-proto');
    expect([fast.records, general.records]).toEqual(Array(2).fill(['{"id":1,"__proto__":2,"constructor":3}']));
  });

  it('tells of schemas, tables and streams that are asked for and not there', async () => {
    const told = async (config: object): Promise<unknown[]> =>
      (await discover({ url: url(), ...config })).log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    const database = new URL(url()).pathname.slice(1);
    expect(await told({ filter_schemas: ['s', 'S', 'nowhere'], tables: ['plain'] })).toEqual([
      { database, schemas: ['S', 'nowhere'] },
    ]);
    expect(await told({ filter_schemas: 's', tables: ['plan'] })).toEqual([{ database }]);
    expect(await told({ tables: ['!*'], custom_queries: [{ name: 'q', query: 'SELECT 1 AS one' }] })).toEqual([]);
    const stream_options = { 's-plain': {}, 's-p*': {}, 's-plan': { custom_where_clauses: ['true'] } };
    expect(await told({ filter_schemas: 's', stream_options })).toEqual([{ pattern: 's-plan' }]);
  });

  it('tells of two tables that would make one stream, and gives each an id', async () => {
    const { streams, log } = await discover({ url: url() });
    const ids = streams.map(({ id }) => id).filter((id) => id.startsWith('s-t-x'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(log.lines.filter((line) => line.message.includes('same name'))).toHaveLength(1);
  });

  it.each([
    [{ tables: ['plain'] }, ['s-plain']],
    [{ tables: ['s.p*'] }, ['s-parted', 's-plain']],
    [{ tables: ['s-pl?in'] }, ['s-plain']],
    [{ tables: ['p*', '!s.parted'] }, ['s-plain']],
    [{ tables: ['Odd*%.*'] }, ['s-Odd "one" %.*']],
    [{ object_types: ['view', 'materialized_view'] }, ['s-kept', 's-seen']],
    [{ object_types: ['foreign_table'] }, ['s-foreign_one']],
    [{ object_types: ['partition'] }, ['s-parted_1', 's-parted_2', 's-parted_2a']],
    [{ object_types: ['partitioned_table', 'partition'] }, ['s-parted', 's-parted_1', 's-parted_2', 's-parted_2a']],
  ])('has the server choose with %j', async (given, wanted) => {
    expect([...(await find({ filter_schemas: ['s'], ...given })).keys()]).toEqual(wanted);
  });

  it('takes keys that hold, and no others', async () => {
    const streams = await find({ filter_schemas: ['s'] });
    const keys = Object.fromEntries([...streams].map(([id, stream]) => [id.slice(2), stream.keys]));
    expect(keys).toMatchObject({
      plain: ['id'],
      keyless: [],
      by_unique: ['b'],
      by_partial: [],
      by_expression: [],
      by_deferred: [],
      by_including: ['b'],
      // A table that inherits may have a row with the same key.
      ancestor: [],
      parted: ['id', 'day'],
      seen: [],
      kept: [],
      foreign_one: [],
      'Odd "one" %.*': ['a b'],
    });
  });

  it('tells types, nullability and what else is known of columns', async () => {
    const streams = await find({ filter_schemas: ['s'] });
    const plain = streams.get('s-plain')!;
    expect(Object.keys(plain.schema['properties'] as object)).toEqual([
      'id',
      'name',
      'price',
      'double_price',
      'feeling',
      'both_of',
      'matrix',
      'at',
      'doc',
    ]);
    expect(plain.schema).toMatchObject({
      description: 'a plain one',
      properties: {
        id: { type: 'integer' },
        name: { type: 'string', maxLength: 20, description: 'how it is called' },
        price: { type: ['null', 'number'] },
        feeling: { type: ['null', 'string'] },
        both_of: { type: ['null', 'object'], properties: { b: { type: ['null', 'string'] } } },
        matrix: { type: ['null', 'array'], items: { type: ['null', 'array'], items: { type: ['null', 'integer'] } } },
      },
    });
    expect(metadata(plain, 'id')).toEqual({ 'sql-datatype': 'bigint', 'is-identity': true });
    expect(metadata(plain, 'name')).toEqual({ 'sql-datatype': 'character varying(20)', 'has-default': true });
    expect(metadata(plain, 'price')).toEqual({ 'sql-datatype': 'numeric(12,2)', domain: 's.more_cents' });
    expect(metadata(plain, 'double_price')).toEqual({ 'sql-datatype': 'numeric', 'is-generated': true });
    // Nobody holds the other server to it.
    expect(streams.get('s-foreign_one')!.schema['properties']).toMatchObject({ id: { type: ['null', 'integer'] } });
  });

  it('puts the likeliest replication keys first, and none that has no order', async () => {
    const { validReplicationKeys } = (await find({ tables: ['plain'] })).get('s-plain')!;
    expect(validReplicationKeys!.slice(0, 2)).toEqual(['at', 'id']);
    expect(validReplicationKeys).not.toContain('doc');
    expect(validReplicationKeys).toContain('feeling');
  });

  it('tells what is known of tables', async () => {
    await client.query(
      'INSERT INTO s.plain (name) SELECT g FROM generate_series(1, 100) g; ANALYZE s.plain; CREATE PUBLICATION out FOR TABLE s.plain',
    );
    await client.query('ALTER TABLE s.plain REPLICA IDENTITY FULL');
    const streams = await find({ filter_schemas: ['s'] });
    expect(streams.get('s-plain')!.metadata).toEqual({
      'database-name': new URL(url()).pathname.slice(1),
      'schema-name': 's',
      'table-name': 'plain',
      'table-type': 'table',
      'is-view': false,
      'row-count': 100,
      'estimated-bytes': 8192,
      'replica-identity': 'full',
      publications: ['out'],
    });
    expect(streams.get('s-kept')!.metadata).toMatchObject({ 'is-view': true, 'table-type': 'materialized view' });
  });

  it('gives the same bytes twice', async () => {
    const text = async (): Promise<string> => [...catalogText((await discover({ url: url() })).streams)].join('');
    expect(await text()).toBe(await text());
  });

  it('marks what the user may not read', async () => {
    const reader = `tap_reader_${process.pid}`;
    await client.query(`DROP ROLE IF EXISTS ${reader}; CREATE ROLE ${reader}; GRANT USAGE ON SCHEMA s TO ${reader};
      GRANT SELECT ON s.seen TO ${reader}; GRANT SELECT (b, c) ON s.by_unique TO ${reader}; GRANT SELECT ON ALL TABLES IN SCHEMA hidden TO ${reader}`);
    try {
      const streams = await find({ role: reader });
      const unsupported = (id: string): string[] =>
        Object.entries(streams.get(id)!.propertyMetadata!).flatMap(([name, entry]) =>
          entry['inclusion'] === 'unsupported' ? [name] : [],
        );
      expect(unsupported('s-seen')).toEqual([]);
      expect(unsupported('s-by_unique')).toEqual(['a']);
      expect(metadata(streams.get('s-by_unique'), 'a')).toMatchObject({ 'unsupported-reason': 'the role may not SELECT it' });
      expect(streams.get('s-by_unique')!.keys).toEqual(['b']);
      // No right to the schema.
      expect(unsupported('hidden-secret')).toEqual(['a']);
    } finally {
      await client.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
    }
  });

  it('takes NOT NULL for no more than it is', async () => {
    const { rows } = await client.query("SELECT current_setting('server_version_num')::int >= 180000 AS may");
    if (rows[0].may !== true) return;
    await client.query(
      'CREATE TABLE s.unproven (a int UNIQUE); INSERT INTO s.unproven VALUES (NULL); ALTER TABLE s.unproven ADD CONSTRAINT n NOT NULL a NOT VALID',
    );
    const stream = (await find({ tables: ['unproven'] })).get('s-unproven')!;
    expect(stream.keys).toEqual([]);
    expect(stream.schema['properties']).toMatchObject({ a: { type: ['null', 'integer'] } });
  });
});

describeWithPostgres('a server that cannot be read from', (url) => {
  const failure = async (config: object): Promise<unknown> =>
    discover(config).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each([
    ['a host that does not exist', { host: 'no-such-host.invalid' }, 'server-unreachable', 'host'],
    ['a port that nobody listens on', { port: 1 }, 'server-unreachable', 'port'],
    ['a database that does not exist', { database: 'no_such_database' }, 'database-missing', 'database'],
    ['a role that does not exist', { role: 'no_such_role' }, 'role-refused', 'role'],
  ])('says what to do about %s', async (_, given, code, hint) => {
    const { hostname, port, username, pathname } = new URL(url());
    const config = { host: hostname, port: Number(port), user: username, database: pathname.slice(1), ...given };
    expect(await failure(config)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it('refuses LOG_BASED before it connects', async () => {
    const config = { host: 'no-such-host.invalid', user: 'u', database: 'd', default_replication_method: 'LOG_BASED' };
    expect(await failure(config)).toMatchObject({ exitCode: 2, problems: [{ path: 'default_replication_method' }] });
  });

  it('reads from the secondary in place of the host', async () => {
    const { hostname, port } = new URL(url());
    const to = { url: url().replace(port, '1'), use_secondary: true };
    expect(await failure({ ...to, secondary_host: hostname, secondary_port: Number(port) })).toBeUndefined();
    expect(await failure(to)).toMatchObject({ exitCode: 2, problems: [{ path: 'secondary_host' }] });
  });
});
