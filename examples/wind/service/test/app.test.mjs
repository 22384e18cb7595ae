// Against the real table: WIND_DATABASE names the source. What is expected comes from the table by plain SQL.
import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { makeApp } from '../app.mjs';
import { openPool, SIGNALS } from '../measurements.mjs';

const url = process.env['WIND_DATABASE'];
assert.ok(url, 'WIND_DATABASE is not set: the tests want the table of the source');

let app;
/** Rows of the table, oldest first; `at` is a time in UTC with six digits. */
let table;
/** Of the table itself. */
let columns;
const ALL = { from: '2026-01-01', before: '2027-01-01', signals: SIGNALS };

before(async () => {
  app = await makeApp(openPool(url));
  const client = new Client({ connectionString: url });
  await client.connect();
  ({ rows: table } = await client.query(
    `SELECT to_char("timestamp", 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, wind_speed, power, ambient_temprature FROM public.data ORDER BY "timestamp"`,
  ));
  ({ rows: columns } = await client.query(
    "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'data' ORDER BY ordinal_position",
  ));
  await client.end();
  assert.ok(table.length > 1500, 'the table has rows of more than a day');
});
after(() => app.close());

/** @param {Record<string, string | number | string[]>} query */
async function ask(query) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)]));
  const response = await app.inject(`/measurements?${new URLSearchParams(pairs)}`);
  return { status: response.statusCode, ...response.json() };
}

/** All pages. @param {Record<string, string | number | string[]>} query */
async function all(query) {
  const measurements = [];
  for (let cursor = {}; ;) {
    const page = await ask({ ...query, ...cursor });
    assert.equal(page.status, 200, page.message);
    measurements.push(...page.measurements);
    if (page.next === null) return measurements;
    assert.equal(page.measurements.length, query.limit ?? 1440);
    cursor = { cursor: page.next };
  }
}

/** What JSON can say of a number. @param {number | null} value */
function said(value) {
  return Number.isNaN(value) ? null : value;
}

void test('the pages hold all measurements, once, oldest first, each number as it is in the table', async () => {
  const found = await all({ ...ALL, limit: 499 });
  assert.deepEqual(
    found,
    table.map(({ at, ...values }) => ({
      timestamp: `${at}+00:00`,
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, said(value)])),
    })),
  );
  assert.ok(
    table.some(({ wind_speed: speed }) => Number.isNaN(speed)) && table.some(({ wind_speed: speed }) => speed === null),
    'sensors fail in both ways',
  );
});

void test('only the signals that are asked for come', async () => {
  assert.deepEqual(SIGNALS, columns.map(({ name }) => name).slice(1));
  for (const signals of [['power'], ['power', 'wind_speed']]) {
    const { measurements } = await ask({ ...ALL, signals, limit: 3 });
    assert.deepEqual(
      measurements.map((each) => Object.keys(each).toSorted()),
      Array(3).fill([...signals, 'timestamp'].toSorted()),
    );
  }
});

void test('from counts, before does not, at the very minute', async () => {
  const [first, last] = [table[10].at, table[200].at];
  const found = await all({ ...ALL, from: `${first}Z`, before: `${last}+00:00` });
  assert.deepEqual(
    found.map(({ timestamp }) => timestamp),
    table.slice(10, 200).map(({ at }) => `${at}+00:00`),
  );
});

void test('a day is a day of the asker, and times bear the offset of the zone', async () => {
  for (const [zone, offset, start] of [
    ['Asia/Kathmandu', '+05:45', '2026-02-19T18:15:00'],
    ['America/New_York', '-05:00', '2026-02-20T05:00:00'],
  ]) {
    const end = new Date(Date.parse(`${start}Z`) + 86_400_000).toISOString().slice(0, 19);
    const found = await all({ ...ALL, from: '2026-02-20', before: '2026-02-21', zone, limit: 700 });
    assert.deepEqual(
      found.map(({ timestamp }) => `${new Date(timestamp).toISOString().slice(0, 19)}.000000`),
      table.filter(({ at }) => at >= start && at < end).map(({ at }) => at),
    );
    assert.ok(found.every(({ timestamp }) => timestamp.startsWith('2026-02-20T') && timestamp.endsWith(offset)));
  }
});

void test('a day has 23 or 25 hours where clocks are set', async () => {
  const client = new Client({ connectionString: url });
  await client.connect();
  // Other tests do not see them: they are there for this connection alone.
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO public.data ("timestamp", power) SELECT hour, 1 FROM generate_series('2026-03-27'::timestamp, '2026-03-31', '1 hour') AS hour
     ON CONFLICT DO NOTHING`,
  );
  const own = await makeApp({
    connect: () =>
      Promise.resolve({
        query: (text, values) => (text === 'BEGIN' || text === 'COMMIT' ? undefined : client.query(text, values)),
        release() {},
      }),
    end: () => Promise.resolve(),
  });
  const hours = async (from, before) => {
    const query = new URLSearchParams({ from, before, signals: 'power', zone: 'Europe/Berlin' });
    return (await own.inject(`/measurements?${query}`)).json().measurements;
  };
  const spring = await hours('2026-03-29', '2026-03-30');
  assert.equal(spring.length, 23);
  assert.deepEqual(
    [spring[0], spring.at(-1)].map(({ timestamp }) => timestamp.slice(-6)),
    ['+01:00', '+02:00'],
  );
  assert.equal((await hours('2026-03-30', '2026-03-31')).length, 24);
  await client.query('ROLLBACK');
  await own.close();
  await client.end();
});

void test('a time without measurements is an empty page', async () => {
  const page = await ask({ ...ALL, from: '1990-01-01', before: '1990-02-01' });
  assert.deepEqual([page.status, page.measurements, page.next], [200, [], null]);
});

void test('what makes no sense is refused with the name of the parameter', async () => {
  const { from, ...noFrom } = ALL;
  const { signals, ...noSignals } = ALL;
  const wrong = [
    [noFrom, 'from'],
    [noSignals, 'signals'],
    [{ ...ALL, signals: [...signals, 'colour'] }, 'signals'],
    [{ ...ALL, signals: 'power; DROP TABLE data' }, 'signals'],
    [{ ...ALL, signals: ['power', 'power'] }, 'signals'],
    [{ ...ALL, before: from }, 'before'],
    [{ ...ALL, from: ALL.before, before: from }, 'before'],
    [{ ...ALL, from: 'yesterday' }, 'from'],
    [{ ...ALL, before: '2026-13-01' }, 'before'],
    [{ ...ALL, limit: 0 }, 'limit'],
    [{ ...ALL, limit: 10_001 }, 'limit'],
    [{ ...ALL, zone: 'Mars/Olympus' }, 'zone'],
    [{ ...ALL, zone: '+03:00' }, 'zone'],
    [{ ...ALL, cursor: 'abc' }, 'cursor'],
    [{ ...ALL, to: '2026-02-21' }, 'additional'],
  ];
  for (const [query, name] of wrong) {
    const { status, message } = await ask(query);
    assert.equal(status, 400, JSON.stringify(query));
    assert.ok(message.includes(name), message);
  }
});

void test('the page describes what there is', async () => {
  const { paths, openapi } = (await app.inject('/docs/json')).json();
  assert.match(openapi, /^3\.1/);
  const { parameters, responses } = paths['/measurements'].get;
  assert.deepEqual(parameters.map(({ name, required }) => [name, required === true]).toSorted(), [
    ['before', true],
    ['cursor', false],
    ['from', true],
    ['limit', false],
    ['signals', true],
    ['zone', false],
  ]);
  assert.deepEqual(Object.keys(responses), ['200', '400', '503']);
  const page = await app.inject('/docs/');
  assert.equal(page.statusCode, 200);
  assert.match(page.headers['content-type'], /text\/html/);
});

void test('the service cannot write', async () => {
  const pool = openPool(url);
  await assert.rejects(pool.query('DELETE FROM public.data'), { code: '25006' });
  await pool.end();
});

void test('a database that is away, or has no table, is told as such and without its words', async () => {
  const nothing = {
    connect: () => Promise.reject(Object.assign(new Error('relation …'), { code: '42P01' })),
    end: () => Promise.resolve(),
  };
  const broken = { ...nothing, connect: () => Promise.reject(new Error('secret words')) };
  for (const [pool, status, message] of [
    [openPool('postgresql://nobody@127.0.0.1:1/none'), 503, 'The database cannot be reached'],
    [nothing, 503, 'There are no measurements yet'],
    [broken, 500, 'The service failed'],
  ]) {
    const other = await makeApp(pool);
    const response = await other.inject('/measurements?from=2026-02-20&before=2026-02-21&signals=power');
    assert.deepEqual([response.statusCode, response.json().message], [status, message]);
    await other.close();
  }
});
