import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Json, type JsonObject, stringifyExact } from '../../../singer/index.ts';
import { check } from '../../../targets/postgres/check/check-mode.ts';
import { erase } from '../../../targets/postgres/erasures/command.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { recordOf, schemaOf, transform } from '../../unit/transforms/run.ts';
import { checked, Drive, sql, type Sql } from './drive.ts';
import { through } from './through-core.ts';

const KEY = 'erasure key of the tests: 0123456789abcdef0123456789abcdef';
const TEXT = { type: ['string', 'null'] };
const REQUESTS = schemaOf('erasure_requests', { customer_id: TEXT, email: TEXT });
const CUSTOMERS = schemaOf(
  'customers',
  {
    id: { type: 'string' },
    name: TEXT,
    email: { type: ['string', 'null'], maxLength: 40 },
    born: { type: ['string', 'null'], format: 'date' },
    points: { type: ['integer', 'null'] },
    city: TEXT,
  },
  ['id'],
);
const ORDERS = schemaOf(
  'orders',
  { no: { type: 'integer' }, customer_id: TEXT, address: { type: ['object', 'null'], properties: { street: TEXT } } },
  ['no'],
);
const ask = (customer_id: string | null, email: string | null): JsonObject =>
  recordOf('erasure_requests', { customer_id, email });
const customer = (id: string, email: string | null, name = 'Ada'): JsonObject =>
  recordOf('customers', { id, name, email, born: '1984-03-12', points: 12345, city: 'London' });
const order = (no: number, customer_id: string): JsonObject =>
  recordOf('orders', { no, customer_id, address: { street: 'High Street 1' } });
const state = (value: number): JsonObject => ({ type: 'STATE', value: { n: value } });

const PEOPLE = [
  CUSTOMERS,
  customer('7', 'Ada@example.org'),
  customer('8', 'bob@example.org', 'Bob'),
  ORDERS,
  order(1, '7'),
  order(2, '8'),
  order(3, '7'),
];

const CLEAR = { name: 'Ada', email: 'Ada@example.org', born: '1984-03-12', points: '12345' };
const ERASED = {
  name: expect.stringMatching(/^[A-Z][a-z]{2}$/),
  email: expect.stringMatching(/^[\da-f]+@erased\.invalid$/),
  born: '1984-01-01',
  points: expect.stringMatching(/^\d{5}$/),
};

describeWithPostgres('target-postgres erases people who have asked', (url) => {
  let query: Sql;
  let schema = '';
  let count = 0;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());
  beforeEach(() => {
    schema = `erase_${process.pid}_${count++}`;
  });

  const settings = (more: Record<string, Json> = {}): Record<string, Json> => ({
    default_target_schema: schema,
    load_method: 'upsert',
    erasure_key: KEY,
    erasures: [
      {
        requests_stream: 'erasure_requests',
        match: { customers: { id: 'customer_id', email: 'email' } },
        tables: [
          { table: 'customers', fields: ['name', 'email', 'born', 'points'] },
          { table: 'orders', where: { customer_id: 'customer_id' }, fields: ['address'] },
          { table: 'customers_history', where: { id: 'customer_id', email: 'email' }, fields: ['name', 'email'] },
          {
            table: 'customers__quarantine',
            where: { 'record.id': 'customer_id', 'record.email': 'email' },
            fields: ['record', '_q_key'],
          },
        ],
      },
    ],
    ...more,
  });
  const load = (messages: readonly JsonObject[], more: Record<string, Json> = {}): ReturnType<typeof through> =>
    through(
      url(),
      'fast',
      settings(more),
      [...messages, state(1)].map((message) => stringifyExact(message)),
    );
  const customers = (id: string): Promise<Record<string, unknown>[]> =>
    query(`SELECT name, email, born::text, points::text FROM ${schema}.customers WHERE id = $1`, [id]);
  const streets = async (id: string): Promise<unknown[]> =>
    (await query(`SELECT address->>'street' AS street FROM ${schema}.orders WHERE customer_id = $1`, [id])).map(
      ({ street }) => street,
    );
  const log = (): Promise<Record<string, unknown>[]> =>
    query(`SELECT table_name, rows::int, cardinality(marks) AS marks FROM ${schema}.erasure_log ORDER BY table_name`);
  const erasedOf = (infos: Awaited<ReturnType<typeof load>>['infos']): unknown[] =>
    infos.filter(({ message }) => message === 'Erased').map(({ fields }) => fields);
  const makeOthers = async (): Promise<void> => {
    await query(
      `CREATE TABLE ${schema}.customers_history (id text, name text, email varchar(16), valid_from int, _sdc_changes jsonb)`,
    );
    await query(
      `INSERT INTO ${schema}.customers_history VALUES ('7', 'Ada', 'old@example.org', 1, '[{"old":"ada"}]'), ('7', 'Ada', NULL, 2, NULL), ('8', 'Bob', 'bob@example.org', 1, '[]')`,
    );
    await query(`CREATE TABLE ${schema}.customers__quarantine (_q_id text PRIMARY KEY, _q_key text, record text)`);
    await query(`INSERT INTO ${schema}.customers__quarantine VALUES
      ('a', '{"id":"7"}', '{"id":"7","name":"Ada","points":12345678901234567890}'), ('b', NULL, '{"email":"\\t ADA@example.org","name":"Ada"}'),
      ('c', '{"id":"8"}', '{"id":"8","name":"Bob"}')`);
  };

  describe.each([
    ['by id', ask('7', null)],
    ['by e-mail address, spelled otherwise', ask(null, ' ADA@EXAMPLE.org ')],
    ['by both', ask('7', 'ada@example.org')],
  ])('%s', (how, request) => {
    test('in every table, with the counts in the log, and nobody else', async () => {
      await load(PEOPLE);
      await makeOthers();
      const { infos } = await load([REQUESTS, request]);
      expect(await customers('7')).toEqual([ERASED]);
      expect((await customers('7'))[0]).not.toMatchObject({ name: CLEAR.name });
      expect(await customers('8')).toEqual([{ ...CLEAR, name: 'Bob', email: 'bob@example.org' }]);
      for (const street of await streets('7')) expect(street).toMatch(/^[A-Z][a-z]{3} [A-Z][a-z]{5} \d$/);
      expect(await streets('7')).not.toContain('High Street 1');
      expect(await streets('8')).toEqual(['High Street 1']);
      const history = await query(
        `SELECT name, email, _sdc_changes AS changes FROM ${schema}.customers_history ORDER BY id, valid_from`,
      );
      expect(history.map(({ name }) => name === 'Ada')).toEqual([false, false, false]);
      expect(history[2]).toEqual({ name: 'Bob', email: 'bob@example.org', changes: [] });
      expect(history[0]!['changes']).toBeNull();
      expect(history[1]!['email']).toBeNull();
      const records = await query(`SELECT record FROM ${schema}.customers__quarantine ORDER BY _q_id`);
      const kept = records.map(({ record }) => JSON.parse(String(record)) as JsonObject);
      // By id alone nobody knows that the record with the address alone is of the same person.
      expect(kept.map(({ name }) => name === 'Ada' || name === 'Bob')).toEqual([false, how === 'by id', true]);
      expect(await log()).toEqual([
        { table_name: 'customers', rows: 1, marks: 1 },
        { table_name: 'customers__quarantine', rows: how === 'by id' ? 1 : 2, marks: how === 'by id' ? 1 : 2 },
        { table_name: 'customers_history', rows: 2, marks: 2 },
        { table_name: 'orders', rows: 2, marks: 2 },
      ]);
      const quarantined = how === 'by id' ? 1 : 2;
      expect(erasedOf(infos)).toEqual([
        {
          requests: 1,
          pending: 0,
          rows: 5 + quarantined,
          tables: ['customers 1', 'orders 2', 'customers_history 2', `customers__quarantine ${quarantined}`],
        },
      ]);
      expect(JSON.stringify(infos)).not.toMatch(/ada@|Ada/i);
    });
  });

  test('whose rows come in the batch with the request', async () => {
    await load([...PEOPLE, REQUESTS, ask('7', null)]);
    expect(await customers('7')).toEqual([ERASED]);
    expect(await streets('8')).toEqual(['High Street 1']);
  });

  test('an unknown one stays pending until rows come', async () => {
    const { infos } = await load([...PEOPLE, REQUESTS, ask('99', null), ask(null, null)]);
    const missing = ['customers_history is missing', 'customers__quarantine is missing'];
    expect(erasedOf(infos)).toContainEqual({ requests: 1, pending: 1, rows: 0, tables: ['customers 0', 'orders 0', ...missing] });
    expect(await log()).toEqual([{ table_name: '', rows: 0, marks: 0 }]);
    expect(await customers('7')).toEqual([CLEAR]);
    await load([CUSTOMERS, customer('99', 'late@example.org')]);
    expect(await customers('99')).toEqual([ERASED]);
    expect(await log()).toEqual([{ table_name: 'customers', rows: 1, marks: 1 }]);
  });

  test('a request that is repeated changes nothing', async () => {
    await load([...PEOPLE, REQUESTS, ask('7', 'ada@example.org')]);
    const before = [await customers('7'), await streets('7'), await log()];
    const again = await load([REQUESTS, ask('7', 'ada@example.org'), ask(' 7', 'ADA@example.org')]);
    expect(erasedOf(again.infos)).toEqual([]);
    await load([]);
    expect([await customers('7'), await streets('7'), await log()]).toEqual(before);
  });

  test('a row that is sent again later in clear is erased again, and counted', async () => {
    await load([...PEOPLE, REQUESTS, ask('7', null)]);
    const { infos } = await load([CUSTOMERS, customer('7', 'Ada@example.org')]);
    expect(erasedOf(infos)).toMatchObject([{ requests: 1, rows: 1 }]);
    expect(await customers('7')).toEqual([ERASED]);
    expect((await log())[0]).toEqual({ table_name: 'customers', rows: 2, marks: 1 });
  });

  test('who was known by an address alone stays known when no row bears it any more: rows that come later are erased, too', async () => {
    await load([...PEOPLE, REQUESTS, ask(null, 'ada@example.org')]);
    const { infos } = await load([ORDERS, order(4, '7'), order(5, '8'), CUSTOMERS, customer('7', 'new@example.org')]);
    expect(await customers('7')).toEqual([ERASED]);
    expect(await streets('7')).not.toContain('High Street 1');
    expect(await streets('8')).toEqual(['High Street 1', 'High Street 1']);
    expect(erasedOf(infos)).toMatchObject([{ requests: 1, pending: 0, rows: 2 }]);
    expect((await log()).map(({ rows, table_name }) => [table_name, rows])).toEqual([
      ['customers', 2],
      ['orders', 3],
    ]);
    expect(erasedOf((await load([])).infos)).toEqual([]);
  });

  test('the log holds no name in clear, and tells none to who has another key', async () => {
    await load([CUSTOMERS, customer('id of Ada', 'ada@example.org'), REQUESTS, ask(null, 'ada@example.org')]);
    const rows = await query(`SELECT l::text AS text FROM ${schema}.erasure_log AS l`);
    expect(JSON.stringify(rows)).not.toMatch(/ada/i);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('id of Ada').toString('base64url').slice(0, -1));
    await load([ORDERS, order(1, 'id of Ada')], { erasure_key: `${KEY} another` });
    expect(await streets('id of Ada')).toEqual(['High Street 1']);
  });

  test('in flight and at rest together: what the mapper has erased once never comes in clear', async () => {
    vi.stubEnv('LEDGER_KEY', '4c1f9a7e2b8d4f60913c5a7e9d2b4f68a1c3e5078b9d2f4137d6e8a05b1c9f24');
    const ledger = join(temporaryFolder(), 'erasure.jsonl');
    const rules = {
      keys: { ledger: { env: 'LEDGER_KEY' } },
      transforms: {
        customers: {
          erase: { ledger, match: { id: 'customer_id', email: 'email' }, fields: ['name', 'email', 'born', 'points'] },
        },
        orders: { erase: { ledger, match: { customer_id: 'customer_id' }, fields: ['address.*'] } },
      },
    };
    await load(PEOPLE);
    const first = await transform(rules, [REQUESTS, ask(null, 'ada@example.org'), ...PEOPLE]);
    await load(first.messages);
    const again = await transform(rules, PEOPLE);
    expect(again.text).not.toContain('Ada@');
    await load(again.messages);
    vi.unstubAllEnvs();
    expect(await customers('7')).toEqual([ERASED]);
    expect(await streets('7')).not.toContain('High Street 1');
    expect(await customers('8')).toEqual([{ ...CLEAR, name: 'Bob', email: 'bob@example.org' }]);
  });

  test('the erasure and the state that covers the request are one: a failure undoes both', async () => {
    await load(PEOPLE);
    const wrong = settings();
    (wrong['erasures'] as { tables: { fields: string[] }[] }[])[0]!.tables[1]!.fields = ['adress'];
    const run = through(
      url(),
      'fast',
      wrong,
      [REQUESTS, ask('7', null), state(2)].map((message) => stringifyExact(message)),
    );
    await expect(run).rejects.toThrow(/no column adress that erasures names; did you mean address/);
    expect(await customers('7')).toEqual([CLEAR]);
    const rows = await query(
      `SELECT to_regclass('${schema}.erasure_log') AS log, (SELECT count(*)::int FROM ${schema}.erasure_requests) AS requests`,
    );
    expect(rows).toEqual([{ log: null, requests: 0 }]);
  });

  test('a key column is refused', async () => {
    const wrong = settings();
    (wrong['erasures'] as { tables: { fields: string[] }[] }[])[0]!.tables[0]!.fields = ['id'];
    const lines = [...PEOPLE, REQUESTS, ask('7', null), state(1)].map((message) => stringifyExact(message));
    await expect(through(url(), 'fast', wrong, lines)).rejects.toThrow(/id is the key of/);
  });

  test('with append-only and no state until the end', async () => {
    await load([...PEOPLE, REQUESTS, ask('7', null)], { load_method: 'append-only' });
    expect(await customers('7')).toEqual([ERASED]);
  });

  test('many rows', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => order(i, '7'));
    await load([ORDERS, ...many, REQUESTS, ask('7', null)]);
    expect(await streets('7')).not.toContain('High Street 1');
    expect(await log()).toEqual([{ table_name: 'orders', rows: 2500, marks: 2500 }]);
  });

  describe('the command', () => {
    const command = async (action: string, requests: string): Promise<string> => {
      const file = join(temporaryFolder(), 'requests.jsonl');
      writeFileSync(file, requests);
      const drive = await Drive.open(url());
      await drive.close();
      return erase(checked({ url: url(), ...settings() }), drive.run, [action, file]);
    };

    test('counts without changing anything, then erases', async () => {
      await load(PEOPLE);
      const requests = '{"email":"ADA@example.org"}\n{"customer_id":99}\n';
      const counts = await command('dry-run', requests);
      expect(counts.split('\n')).toEqual([
        'requests 2, without a row 1',
        'customers: 1 rows name people who asked, 1 would be erased',
        'orders: 2 rows name people who asked, 2 would be erased',
        'customers_history: there is no such table',
        'customers__quarantine: there is no such table',
      ]);
      expect(await customers('7')).toEqual([CLEAR]);
      expect(await query(`SELECT to_regclass('${schema}.erasure_log') AS log`)).toEqual([{ log: null }]);
      expect(await command('apply', requests)).toContain('orders: 2 rows name people who asked, 2 erased');
      expect(await customers('7')).toEqual([ERASED]);
      expect(await command('apply', '{"customer_id":"7"}')).toContain('orders: 2 rows name people who asked, 0 erased');
    });

    test('says which line is no request, without its text', async () => {
      await expect(command('apply', '{"customer_id":"7"}\n{"customer_id":"secret\n')).rejects.toThrow(/^Line 2 of the requests/);
      await expect(command('forget', '')).rejects.toThrow(/apply FILE, dry-run FILE/);
    });
  });

  describe('--check', () => {
    interface Finding {
      readonly check: string;
      readonly ok: boolean;
      readonly detail: string;
      readonly hint?: string;
    }
    const ABOUT = new Set(['erasure requests', 'erased table', 'erasure log']);
    const findings = async (more: Record<string, Json> = {}): Promise<readonly Finding[]> => {
      const drive = await Drive.open(url());
      await drive.close();
      const { text } = await check(checked({ url: url(), ...settings(more) }), drive.run, { format: 'json' });
      return (JSON.parse(text) as { checks: Finding[] }).checks.filter((finding) => ABOUT.has(finding.check));
    };
    const tables = (...given: Json[]): Record<string, Json> => ({
      erasures: [{ requests_stream: 'erasure_requests', tables: given }],
    });
    const where = { id: 'customer_id' };

    test('says what is there and what will come, changing nothing', async () => {
      expect(await findings()).toEqual([
        {
          check: 'erasure requests',
          ok: true,
          detail: `${schema}.erasure_requests will be made for the stream erasure_requests`,
        },
        ...['customers', 'orders', 'customers_history', 'customers__quarantine'].map((table) => ({
          check: 'erased table',
          ok: true,
          detail: `there is no ${schema}.${table} yet: nothing is erased in it`,
        })),
        { check: 'erasure log', ok: true, detail: `${schema}.erasure_log will be made` },
      ]);
      expect(await query(`SELECT to_regnamespace('${schema}') AS schema`)).toEqual([{ schema: null }]);
      await load([...PEOPLE, REQUESTS, ask('7', null)]);
      await makeOthers();
      expect((await findings()).map(({ check, detail, ok }) => [check, ok, detail])).toEqual([
        ['erasure requests', true, `${schema}.erasure_requests: customer_id, email`],
        ['erased table', true, `${schema}.customers: name, email, born, points`],
        ['erased table', true, `${schema}.orders: address`],
        ['erased table', true, `${schema}.customers_history: name, email`],
        ['erased table', true, `${schema}.customers__quarantine: record, _q_key`],
        ['erasure log', true, `${schema}.erasure_log is there`],
      ]);
      expect(await log()).toEqual([
        { table_name: 'customers', rows: 1, marks: 1 },
        { table_name: 'orders', rows: 2, marks: 2 },
      ]);
    });

    test('tells of all columns that are not there, of keys, and of types that cannot be erased', async () => {
      await load([...PEOPLE, REQUESTS]);
      await query(`CREATE TABLE ${schema}.places (id text, at point NOT NULL, seen point)`);
      const wrong = tables(
        { table: 'customers', where: { idd: 'customer', email: 'email' }, fields: ['nmae', 'id', 'city'] },
        { table: 'orders', where: { 'adress.street': 'customer_id', no: 'email' }, fields: ['address'] },
        { table: `${schema}.places`, where: { id: 'customer_id' }, fields: ['at', 'seen'] },
        { table: 'custommers', where, fields: ['name'] },
      );
      expect((await findings(wrong)).map(({ check, detail, hint, ok }) => [check, ok, detail, hint])).toEqual([
        [
          'erasure requests',
          false,
          expect.stringMatching(/has no column customer; did you mean customer_id\?/),
          expect.anything(),
        ],
        ['erased table', false, expect.stringMatching(/has no column idd .*did you mean id\?/), expect.anything()],
        ['erased table', false, expect.stringMatching(/has no column nmae .*did you mean name\?/), expect.anything()],
        ['erased table', false, expect.stringMatching(/^id is the key of/), expect.anything()],
        ['erased table', false, expect.stringMatching(/has no column adress .*did you mean address\?/), expect.anything()],
        ['erased table', false, expect.stringMatching(/at of .*places cannot be erased: it is point/), expect.anything()],
        ['erased table', true, `there is no ${schema}.custommers yet: nothing is erased in it`, 'Did you mean customers?'],
        ['erasure log', true, expect.anything(), undefined],
      ]);
    });

    test('tells of rights that are missing', async () => {
      await load([...PEOPLE, REQUESTS, ask('7', null)]);
      const role = `erase_guest_${process.pid}`;
      await query(`CREATE ROLE ${role}; GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}; GRANT ${role} TO CURRENT_USER`);
      try {
        await query(
          `GRANT SELECT ON ${schema}.customers TO ${role}; GRANT SELECT, INSERT, UPDATE ON ${schema}.erasure_log TO ${role}`,
        );
        const one = tables({ table: 'customers', where: { id: 'customer_id' }, fields: ['name'] });
        const failed = await findings({ ...one, role });
        expect(failed.map(({ check, ok }) => [check, ok])).toEqual([
          ['erasure requests', false],
          ['erased table', false],
          ['erasure log', false],
        ]);
        for (const { hint } of failed) expect(hint).toMatch(/^GRANT USAGE ON SCHEMA .* and SELECT/);
        await query(`GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
        expect((await findings({ ...one, role })).filter(({ ok }) => !ok)).toEqual([]);
      } finally {
        await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    });

    test('refuses settings that a load would refuse', async () => {
      await expect(findings({ erasure_key: 'short' })).rejects.toThrow(/erasure_key: has fewer than 32/);
    });
  });

  test('names that are mistyped end the run that brings a request before anything is committed', async () => {
    const wrong = settings();
    (wrong['erasures'] as { tables: { where?: Json; fields: string[] }[] }[])[0]!.tables[1]!.where = {
      customr_id: 'customer_id',
      no: 'email',
    };
    const lines = [...PEOPLE, REQUESTS, ask('7', null), state(1)].map((message) => stringifyExact(message));
    await expect(through(url(), 'fast', wrong, lines)).rejects.toThrow(/no column customr_id .*did you mean customer_id\?/);
  });

  test.each<[Record<string, Json>, RegExp]>([
    [{ erasure_key: 'short' }, /erasure_key has fewer than 32|erasure_key: has fewer than 32/],
    [
      { erasures: [{ requests_stream: 'r', tables: [{ table: 'a', fields: ['b'] }] }] },
      /erasures\[0\]\.tables\[0\]\.where: must say how rows of a name people/,
    ],
    [{ erasures: [{ requests_stream: 'r', match: { c: { d: 'e' } }, tables: [] }] }, /erasures\[0\]\.match\.c: is no table/],
    [{ erasures: [{ requests_stream: 'r', dats: 'null', tables: [] }] }, /erasures\[0\]\.dats.*did you mean dates\?/],
  ])('%j is refused before any input is read', async (more, message) => {
    await expect(Drive.open(url(), settings(more))).rejects.toThrow(message);
  });
});
