import { Client } from 'pg';
import type { Source, SourceWish, Subject } from '../../../check/index.ts';
import plugin from '../../../taps/postgres/index.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

let made = 0;

/** A row of the large table takes at least this many bytes on the wire. */
const RECORD_BYTES = 300;

/**
 * tap-postgres, each source a schema of its own in one database.
 * @param url of a database that the tests may fill
 */
export function tapPostgres(url: () => string): Subject {
  return {
    kind: 'tap',
    name: 'tap-postgres',
    command: [executable('tap-postgres')],
    config: {},
    badConfigExit: 2,
    // The server trusts everybody, so that any password may stand in a config that works.
    secret: { setting: 'password', value: 's3cr&t "quoted" / word' },
    needs: ['host', 'user', 'database'],
    badConfigs: [
      { config: { port: 'many' }, mentions: ['port'] },
      { config: { decimal_handling: 'round', max_retries: 'lots' }, mentions: ['decimal_handling', 'max_retries'] },
      {
        config: { stream_options: { a: { port: 5 } }, max_record_count: 'lots' },
        mentions: ['stream_options.a.port', 'max_record_count'],
      },
    ],
    ways: waysOf(plugin),
    makeSource: async (wish, amount) => makeSource(new URL(url()), wish, amount),
  };
}

async function makeSource(url: URL, wish: SourceWish, amount: number): Promise<Source | undefined> {
  const build = BUILDERS[wish];
  if (build === undefined) return undefined;
  const schema = `check_${process.pid}_${made++}`;
  const client = new Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}`);
  const { config, ...source } = await build(async (sql) => void (await client.query(sql)), amount);
  return {
    ...source,
    config: {
      host: url.hostname,
      port: Number(url.port),
      user: decodeURIComponent(url.username),
      database: url.pathname.slice(1),
      filter_schemas: [schema],
      ...config,
    },
    drop: async () => {
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
    },
  };
}

type Query = (sql: string) => Promise<void>;

const PEOPLE = `CREATE TABLE people (id int PRIMARY KEY, name text, city text, updated_at timestamptz NOT NULL DEFAULT now(), photo bytea);
  CREATE INDEX ON people (updated_at);
  INSERT INTO people VALUES (1, 'Ada', 'London', '2026-01-01'), (2, 'Grace', 'New York', '2026-01-02'), (3, 'Alan', NULL, '2026-01-03')`;

const INCREMENTAL = {
  // So that there is a column that cannot be read.
  binary_handling: 'omit',
  stream_options: { '*people': { default_replication_method: 'INCREMENTAL', replication_key: 'updated_at' } },
};

const BUILDERS: Partial<Record<SourceWish, (query: Query, amount: number) => Promise<Source>>> = {
  small: async (query) => {
    await query(PEOPLE);
    return { config: INCREMENTAL, records: 3 };
  },
  growing: async (query) => {
    await query(PEOPLE);
    const grow = async (): Promise<number> => {
      await query("INSERT INTO people VALUES (4, 'Edsger', 'Austin', '2026-02-01'), (5, 'Barbara', 'Boston', '2026-01-03')");
      return 2;
    };
    return { config: INCREMENTAL, records: 3, grow };
  },
  streams: async (query) => {
    await query(PEOPLE);
    await query(
      "CREATE TABLE towns (town text, country text); INSERT INTO towns VALUES ('London', 'GB'), ('Paris', 'FR'), ('Oslo', 'NO')",
    );
    return { config: INCREMENTAL, records: 6 };
  },
  keyed: async (query) => {
    await query(PEOPLE);
    return { config: {}, records: 3 };
  },
  empty: async (query) => {
    await query('CREATE TABLE nobody (id int PRIMARY KEY, name text)');
    return { config: {}, records: 0 };
  },
  bytes: async (query, amount) => {
    const records = Math.ceil(amount / RECORD_BYTES);
    await query(`CREATE TABLE large (id int PRIMARY KEY, filler text, price numeric(10, 2), at timestamptz);
      INSERT INTO large SELECT g, repeat('x', ${RECORD_BYTES}), g * 1.5, '2026-01-01'::timestamptz + g * interval '1 s' FROM generate_series(1, ${records}) g`);
    return {
      config: { stream_options: { '*large': { default_replication_method: 'INCREMENTAL', replication_key: 'id' } } },
      records,
    };
  },
  'odd-names': async (query) => {
    await query(`CREATE TABLE "odd.table" (id int PRIMARY KEY, "a.b" int, "a-b" int, "a b" int, properties int, items int, "ünï" int, "quo""te" int, "*" int, "100%" int);
      INSERT INTO "odd.table" VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)`);
    return { config: {}, records: 1 };
  },
  'odd-text': async (query) => {
    await query(String.raw`CREATE TABLE texts (id int PRIMARY KEY, text text, doc json);
      INSERT INTO texts VALUES (1, E'😀 Ω 中文', '"\ud83d"'), (2, E'a\u2028b\u2029c\u0085d', E'{"a":\n [1 , 2]}'), (3, E'"quoted"\r\nlines\t\\ \b\f\x01\x1f\x7f', '"\u0000"'), (4, E'\\N', 'null'), (5, '\.', '1e400'), (6, E'x\uFEFFy', NULL)`);
    return { config: {}, records: 6 };
  },
  nested: async (query) => {
    await query(`CREATE TYPE place AS (street text, number int); CREATE TYPE order_line AS (sku text, count int);
      CREATE TABLE orders (id int PRIMARY KEY, address place, lines order_line[]);
      INSERT INTO orders VALUES (1, ('Mall', 1), ARRAY[('a', 1)::order_line, ('b', 2)::order_line]), (2, NULL, NULL)`);
    return { config: {}, records: 2 };
  },
  files: async (query) => {
    await query(`CREATE TABLE parts (number int PRIMARY KEY, part int) PARTITION BY RANGE (number);
      CREATE TABLE part_0 PARTITION OF parts FOR VALUES FROM (0) TO (40); CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (40) TO (80);
      CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (80) TO (120);
      INSERT INTO parts SELECT g, g / 40 FROM generate_series(0, 119) g`);
    return {
      config: { stream_options: { '*parts': { default_replication_method: 'INCREMENTAL', replication_key: 'number' } } },
      records: 120,
    };
  },
  failing: async (query) => {
    await query('CREATE VIEW broken AS SELECT g AS id, 1 / (5000 - g) AS part FROM generate_series(1, 10000) g');
    return { config: {} };
  },
};
