// @ts-check
// What the warehouse should hold, worked out from the files by the shop's rules, with Node alone and none of the plugins; and what is wrong
// with what it does hold.
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deliveries, expectedCustomers, expectedProducts, expectedRequests, expectedSales } from './expected.mjs';

const EMAIL = /[\w.+-]+@[\w.-]+/g;
/** @typedef {import('./expected.mjs').Row} Row */
/** @typedef {(sql: string) => Promise<Row[]>} Query */

/**
 * @param {object} o
 * @param {string} o.folder of the files
 * @param {string} o.ledger file of requests
 * @param {Query} o.query asks the warehouse
 * @param {string} o.key of the pseudonyms, in hexadecimal digits
 * @returns {Promise<string[]>} what is wrong
 */
export async function problemsIn({ folder, ledger, query, key }) {
  const token = tokens(key);
  const raw = await deliveries(folder);
  const customers = expectedCustomers(raw.of('customers'));
  const products = expectedProducts(raw.of('products'));
  const sales = expectedSales(raw.of('transactions'));
  const requests = expectedRequests(raw.of('erasure-requests'));
  const erased = new Set([
    ...requests.ids,
    ...[...customers.all].filter(([, { emails }]) => overlaps(emails, requests.emails)).map(([id]) => id),
  ]);

  const tables = await tablesIn(query);
  /** @type {string[]} */
  const problems = [];
  const compare = (
    /** @type {string} */ what,
    /** @type {Iterable<readonly [string, unknown]>} */ wanted,
    /** @type {Iterable<readonly [string, unknown]>} */ found,
  ) => {
    const left = new Map(Array.from(found, ([name, value]) => [name, JSON.stringify(value)]));
    for (const [name, value] of wanted) {
      const own = left.get(name);
      left.delete(name);
      if (own !== JSON.stringify(value))
        problems.push(`${what} ${name}: ${own ?? 'is missing'}, and should be ${JSON.stringify(value)}`);
    }
    for (const [name, value] of left) problems.push(`${what} ${name}: should not be there (${value})`);
  };

  // Whoever has not asked is there as sent, cleaned; of whoever has, only what says nothing of a person.
  const personal = 'first_name, last_name, date_of_birth::text, email, phone_number, address, city, postcode';
  const rows = await query(
    `SELECT id, country, segment, last_change::text, record_date::text, record_hour::int, ${personal} FROM data.customers`,
  );
  const erasedTokens = new Map(Array.from(erased, (id) => [token('customer', id), id]));
  const own = (/** @type {Row} */ { first_name, last_name, date_of_birth, email, phone_number, address, city, postcode }) => [
    first_name,
    last_name,
    date_of_birth,
    email,
    phone_number,
    address,
    city,
    postcode,
  ];
  const rest = (/** @type {Row} */ { country, segment, last_change, record_date, record_hour }) => [
    country,
    segment,
    last_change,
    record_date,
    record_hour,
  ];
  compare(
    'customer',
    Array.from(customers.latest, ([id, row]) => [
      token('customer', id),
      [
        rest(row),
        erased.has(id)
          ? 'erased'
          : own({ ...row, phone_number: row.phone_number === null ? null : token('phone', row.phone_number) }),
      ],
    ]),
    rows.map((row) => [row.id, [rest(row), erasedTokens.has(row.id) ? 'erased' : own(row)]]),
  );
  for (const row of rows) {
    const id = erasedTokens.get(row.id);
    if (id === undefined) continue;
    const clear = customers.all.get(id)?.rows ?? [];
    const phones = clear.map(({ phone_number }) => (phone_number === null ? null : token('phone', phone_number)));
    const said = ['first_name', 'last_name', 'email', 'address'].filter((name) =>
      clear.some((before) => before[name] !== null && before[name] === row[name]),
    );
    if (said.length > 0 || (row.phone_number !== null && phones.includes(row.phone_number)))
      problems.push(`customer ${row.id}: asked to be erased, and can be read: ${said.join(', ') || 'phone_number'}`);
    if (!row.email.endsWith('@erased.invalid') || (row.date_of_birth !== null && !row.date_of_birth.endsWith('-01-01')))
      problems.push(`customer ${row.id}: is not erased`);
  }

  compare(
    'product',
    products.latest,
    (
      await query('SELECT sku::text, name, price::float8, category, popularity::float8, record_date::text FROM data.products')
    ).map(({ sku, ...row }) => [sku, row]),
  );

  compare(
    'transaction',
    Array.from(sales.valid, ([id, { time, customer, total }]) => [id, [time, token('customer', customer), total]]),
    (
      await query(
        `SELECT transaction_id::text AS id, to_char(transaction_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS time, customer_id, purchases_total_cost::float8 AS total FROM data.transactions`,
      )
    ).map(({ id, time, customer_id, total }) => [id, [time, customer_id, total]]),
  );
  compare(
    'purchase',
    [...sales.valid].flatMap(([id, { items }]) =>
      items.map((/** @type {unknown} */ item, /** @type {number} */ n) => /** @type {const} */ ([`${id} ${n + 1}`, item])),
    ),
    (
      await query(
        'SELECT transaction_id::text AS id, _position::int AS n, sku::int, quantity::int, price::float8, total::float8 FROM data.purchases',
      )
    ).map(({ id, n, sku, quantity, price, total }) => [`${id} ${n}`, [sku, quantity, price, total]]),
  );
  compare(
    'delivery address',
    [...sales.valid].flatMap(([id, { customer, address }]) =>
      address === null
        ? []
        : [
            /** @type {const} */ ([
              id,
              [
                token('customer', customer),
                address.country,
                erased.has(customer) ? 'erased' : [address.address, address.city, address.postcode],
              ],
            ]),
          ],
    ),
    (
      await query('SELECT transaction_id::text AS id, customer_id, country, address, city, postcode FROM data.delivery_addresses')
    ).map(({ id, customer_id, country, address, city, postcode }) => [
      id,
      [
        customer_id,
        country,
        erasedTokens.has(customer_id) && address !== sales.valid.get(id)?.address?.address ? 'erased' : [address, city, postcode],
      ],
    ]),
  );

  for (const [table, counts] of Object.entries({
    customers: customers.invalid,
    products: products.invalid,
    transactions: sales.invalid,
    erasure_requests: requests.invalid,
  })) {
    const there = tables.has(`invalid_${table}`);
    const found = there ? await query(`SELECT _q_rule AS rule, count(*)::int AS rows FROM data.invalid_${table} GROUP BY 1`) : [];
    compare(
      `reason in invalid_${table}:`,
      ruleCounts(counts),
      found.map(({ rule, rows }) => [rule, rows]),
    );
  }

  const unknown = [...sales.valid].flatMap(([id, { customer, items }]) => [
    ...(customers.latest.has(customer) ? [] : [`${id} customer`]),
    ...items.flatMap((/** @type {[number]} */ [sku]) => (products.latest.has(String(sku)) ? [] : [`${id} sku ${sku}`])),
  ]);
  compare(
    'unknown reference',
    counted(unknown),
    counted(
      (
        await query(
          "SELECT transaction_id || ' ' || kind || CASE kind WHEN 'sku' THEN ' ' || value ELSE '' END AS text FROM data.unknown_references",
        )
      ).map(({ text }) => text),
    ),
  );

  compare(
    'records read of',
    [
      ['customers', raw.of('customers').length],
      ['products', raw.of('products').length],
      ['transactions', raw.of('transactions').length],
      ['erasure_requests', raw.of('erasure-requests').length],
    ],
    (
      await query(
        "SELECT stream, sum(records_read)::int AS rows FROM data.processing_statistics WHERE stream IN ('customers', 'products', 'transactions', 'erasure_requests') GROUP BY 1",
      )
    ).map(({ stream, rows }) => [stream, rows]),
  );

  // An address that somebody shares who has not asked still stands in that row.
  const stay = new Set([...customers.latest].flatMap(([id, { email }]) => (erased.has(id) ? [] : [email])));
  const gone = [...erased].flatMap((id) => [...(customers.all.get(id)?.emails ?? [])]).filter((email) => !stay.has(email));
  problems.push(...(await leaks(query, gone)));
  const asked = [...requests.distinct];
  const [{ logged }] = /** @type {[Row]} */ (await query('SELECT count(DISTINCT request)::int AS logged FROM data.erasure_log'));
  const kept = (await readFile(ledger, 'utf8')).trimEnd().split('\n');
  if (logged !== asked.length || kept.length !== asked.length)
    problems.push(`${asked.length} requests were made; erasure_log has ${logged}, the ledger ${kept.length}`);
  if (kept.some((line) => line.includes('@'))) problems.push('The ledger holds an address');
  return problems;
}

/** The tables that are there: one for refused rows comes with the first of them. @param {Query} query @returns {Promise<Set<string>>} */
export async function tablesIn(query) {
  return new Set((await query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'data'")).map(({ name }) => name));
}

/** No address of an erased person stands anywhere but in the request, none at all among invalid rows. @param {Query} query @param {string[]} emails */
async function leaks(query, emails) {
  const problems = [];
  const gone = new Set(emails);
  for (const name of await tablesIn(query)) {
    if (name === 'erasure_requests') continue;
    const found = (await query(`SELECT t::text AS text FROM data.${name} AS t`)).flatMap(({ text }) => text.match(EMAIL) ?? []);
    const told = found.filter((email) => name.startsWith('invalid_') || gone.has(email.toLowerCase()));
    if (told.length > 0) problems.push(`${name} shows ${told.length} addresses`);
  }
  return problems;
}

/** @param {string} key */
function tokens(key) {
  /** @type {Map<string, string>} */
  const made = new Map();
  return (/** @type {string} */ domain, /** @type {string} */ value) => {
    const text = `${Buffer.byteLength(domain)}:${domain}${value}`;
    let token = made.get(text);
    if (token === undefined)
      made.set(text, (token = createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex').slice(0, 32)));
    return token;
  };
}

/** @param {ReturnType<typeof expectedProducts>['invalid']} found @returns {[string, number][]} */
function ruleCounts({ all }) {
  return Array.from(all, ([reason, rows]) => [reason, rows.size]);
}

/** @param {string[]} texts @returns {Map<string, number>} */
function counted(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** @param {Set<string>} some @param {Set<unknown>} others */
function overlaps(some, others) {
  return [...some].some((each) => others.has(each));
}
