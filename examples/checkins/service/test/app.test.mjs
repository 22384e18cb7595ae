// Against the real table: CHECKINS_DATABASE names the database that the job has loaded. What is expected comes from the table by plain SQL.
import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { makeApp } from '../app.mjs';
import { openPool } from '../checkins.mjs';

const url = process.env['CHECKINS_DATABASE'];
assert.ok(url, 'CHECKINS_DATABASE is not set: the tests want the table that the job has loaded');

let app;
/** Rows of the table, newest first; `at` is a time in UTC with six digits. */
let table;

before(async () => {
  app = await makeApp(openPool(url));
  const client = new Client({ connectionString: url });
  await client.connect();
  ({ rows: table } = await client.query(
    `SELECT checkin_id AS id, "user", to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, project
     FROM checkins.checkins ORDER BY "timestamp" DESC, checkin_id DESC`,
  ));
  await client.end();
  assert.ok(table.length > 500, 'the table has rows');
});
after(() => app.close());

/** @param {string} user @param {Record<string, string | number>} [query] */
async function ask(user, query = {}) {
  const path = `/users/${encodeURIComponent(user)}/checkins?${new URLSearchParams(query)}`;
  const response = await app.inject(path);
  return { status: response.statusCode, ...response.json() };
}

/** All pages. @param {string} user @param {Record<string, string | number>} [query] */
async function all(user, query = {}) {
  const checkins = [];
  for (let cursor = {}; ;) {
    const page = await ask(user, { ...query, ...cursor });
    assert.equal(page.status, 200, page.message);
    checkins.push(...page.checkins);
    if (page.next === null) return checkins;
    cursor = { cursor: page.next };
  }
}

/** The user with most rows. */
function busiest() {
  const counts = {};
  for (const { user } of table) counts[user] = (counts[user] ?? 0) + 1;
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a)[0][0];
}

const own = (user) => table.filter((row) => row.user === user);

void test('the pages of each user hold all rows of that user, once, newest first', async () => {
  let seen = 0;
  for (const user of new Set(table.map((row) => row.user))) {
    const found = await all(user, { limit: 97 });
    assert.deepEqual(
      found.map(({ id }) => id),
      own(user).map(({ id }) => id),
    );
    seen += found.length;
  }
  assert.equal(seen, table.length);
});

void test('times keep all their digits, and bear the offset of the zone at that moment', async () => {
  const user = busiest();
  assert.deepEqual(
    (await all(user, { limit: 500 })).map(({ at }) => at),
    own(user).map(({ at }) => `${at}+00:00`),
  );
  for (const zone of ['Europe/Moscow', 'America/New_York', 'Asia/Kathmandu']) {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    for (const [index, { at }] of (await all(user, { limit: 500, zone })).entries()) {
      const utc = `${own(user)[index].at}Z`;
      assert.equal(new Date(at).getTime(), new Date(utc).getTime());
      const offset = format.formatToParts(new Date(utc)).find(({ type }) => type === 'timeZoneName').value;
      assert.equal(`GMT${at.slice(-6)}`, offset === 'GMT' ? 'GMT+00:00' : offset);
      assert.equal(at.slice(19, 26), utc.slice(19, 26));
    }
  }
});

void test('from and to are days of the asker, the first included, the last not', async () => {
  const user = busiest();
  const zone = 'Asia/Tokyo';
  const day = (at) => new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' }).format(new Date(`${at}Z`));
  const middle = own(user)[Math.floor(own(user).length / 2)].at;
  const [from, to] = [day(middle), day(new Date(Date.parse(`${middle}Z`) + 7 * 86_400_000).toISOString().slice(0, -1))];
  const found = await all(user, { zone, from, to, limit: 20 });
  assert.deepEqual(
    found.map(({ id }) => id),
    own(user)
      .filter(({ at }) => day(at) >= from && day(at) < to)
      .map(({ id }) => id),
  );
  assert.ok(found.length > 0);
});

void test('from and to may be moments; one with an offset means what it says', async () => {
  const user = busiest();
  const { at } = own(user)[10];
  const exactly = await all(user, { from: `${at}Z` });
  assert.deepEqual(
    exactly.map(({ id }) => id),
    own(user)
      .filter((row) => row.at >= at)
      .map(({ id }) => id),
  );
  const before = await all(user, { to: `${at}+00:00` });
  assert.equal(exactly.length + before.length, own(user).length);
});

void test('project takes only those of that project', async () => {
  const { user, project } = table[0];
  const found = await all(user, { project });
  assert.equal(found.length, own(user).filter((row) => row.project === project).length);
  assert.ok(found.every((each) => each.project === project));
});

void test('a user is found in any spelling of the name; nobody else is', async () => {
  const { user } = table[0];
  assert.equal((await ask(` ${user.toUpperCase()} `, { limit: 1 })).user, user);
  for (const name of ['nobody-of-that-name', "' OR true --", '%']) assert.equal((await ask(name)).status, 404);
});

void test('a period without check-ins is an empty page, not an unknown user', async () => {
  const page = await ask(table[0].user, { from: '1990-01-01', to: '1990-02-01' });
  assert.deepEqual([page.status, page.checkins, page.next], [200, [], null]);
});

void test('what makes no sense is refused with the name of the parameter', async () => {
  const wrong = [
    [{ limit: 0 }, 'limit'],
    [{ limit: 501 }, 'limit'],
    [{ limit: 'many' }, 'limit'],
    [{ zone: 'Mars/Olympus' }, 'zone'],
    [{ zone: '+03:00' }, 'zone'],
    [{ from: 'yesterday' }, 'from'],
    [{ to: '2018-13-01' }, 'to'],
    [{ cursor: 'abc' }, 'cursor'],
    [{ form: '2018-01-01' }, 'additional'],
  ];
  for (const [query, name] of wrong) {
    const { status, message } = await ask(table[0].user, query);
    assert.equal(status, 400, JSON.stringify(query));
    assert.ok(message.includes(name), message);
  }
  const forged = Buffer.from(JSON.stringify(['no time', 'x'])).toString('base64url');
  assert.equal((await ask(table[0].user, { cursor: forged })).status, 400);
});

void test('the page describes what there is', async () => {
  const { paths, openapi } = (await app.inject('/docs/json')).json();
  assert.match(openapi, /^3\.1/);
  const { parameters, responses } = paths['/users/{user}/checkins'].get;
  const names = parameters.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ['cursor', 'from', 'limit', 'project', 'to', 'user', 'zone']);
  assert.deepEqual(Object.keys(responses), ['200', '400', '404', '503']);
  const page = await app.inject('/docs/');
  assert.equal(page.statusCode, 200);
  assert.match(page.headers['content-type'], /text\/html/);
});

void test('the service cannot write', async () => {
  const pool = openPool(url);
  await assert.rejects(pool.query('DELETE FROM checkins.checkins'), { code: '25006' });
  await pool.end();
});

void test('a database that is away, or has nothing yet, is told as such and without its words', async () => {
  const nothing = {
    connect: () => Promise.reject(Object.assign(new Error('relation …'), { code: '42P01' })),
    end: () => Promise.resolve(),
  };
  const broken = { ...nothing, connect: () => Promise.reject(new Error('secret words')) };
  for (const [pool, status, message] of [
    [openPool('postgresql://nobody@127.0.0.1:1/none'), 503, 'The database cannot be reached'],
    [nothing, 503, 'No check-ins have been loaded yet'],
    [broken, 500, 'The service failed'],
  ]) {
    const other = await makeApp(pool);
    const response = await other.inject('/users/anna/checkins');
    assert.deepEqual([response.statusCode, response.json().message], [status, message]);
    await other.close();
  }
});
