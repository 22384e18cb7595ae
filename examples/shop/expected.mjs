// @ts-check
// The rules of the shop as a person would write them down, applied to what the files hold; with Node alone, and without the plugins.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** @typedef {Record<string, any>} Row */
/** @typedef {{ date: string, hour: number, line: Row }} Delivered */

const NOTHING = new Set(['', 'NA', 'N/A', 'n/a', 'na', 'null', 'NULL', 'Null', 'None', 'none', 'NaN', 'nan', '-', '–', '#N/A']);
const COUNTRIES = new Map([
  ['united kingdom', 'GB'],
  ['gb', 'GB'],
  ['ireland', 'IE'],
]);
const SEGMENTS = new Set(['new', 'regular', 'gold', 'lapsed']);
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{6})$/;
/** The clocks went forward at this moment; what they left out is read as if they had not. */
const SUMMER = '2026-03-29T01:00:00';

/** All lines that are JSON, by kind of file. @param {string} folder */
export async function deliveries(folder) {
  /** @type {Map<string, Delivered[]>} */
  const all = new Map();
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.json.gz'));
  for (const path of paths) {
    const match = /date=([\d-]+).hour=(\d+).(.+)\.json\.gz$/.exec(path);
    if (match === null) continue;
    const [, date = '', hour = '', kind = ''] = match;
    const lines = gunzipSync(await readFile(join(folder, path)))
      .toString('utf8')
      .split('\n');
    const own = all.get(kind) ?? [];
    for (const line of lines) if (/^\{.*\}$/s.test(line)) own.push({ date, hour: Number(hour), line: JSON.parse(line) });
    all.set(kind, own);
  }
  for (const list of all.values()) list.sort((a, b) => compareText(a.date, b.date) || a.hour - b.hour);
  return { of: (/** @type {string} */ kind) => all.get(kind) ?? [] };
}

/** @param {readonly Delivered[]} delivered */
export function expectedCustomers(delivered) {
  /** @type {Map<string, { version: string, row: Row }>} */
  const latest = new Map();
  /** @type {Map<string, { emails: Set<string>, rows: Row[] }>} */
  const all = new Map();
  const invalid = reasons();
  for (const { date, hour, line } of delivered) {
    const { id, country, segment, address, city } = line;
    const [first_name, last_name] = [word(line.first_name), word(line.last_name)];
    const email = NOTHING.has(line.email?.trim() ?? '') ? null : line.email.trim().toLowerCase();
    const shown = [id, country, segment, line.last_change, date, hour];
    if (first_name === null || last_name === null || email === null)
      invalid.add('required', [first_name === null ? 'first' : last_name === null ? 'last' : 'email', ...shown]);
    else if (!/^[^@\s]+@[^@\s]+$/.test(email)) invalid.add('email', shown);
    else if (!SEGMENTS.has(segment)) invalid.add('check-json_schema', shown);
    else {
      const digits = line.phone_number.replaceAll(' ', '');
      const row = {
        first_name,
        last_name,
        email,
        phone_number: /^0\d{10}$/.test(digits) ? `+44${digits.slice(1)}` : null,
        date_of_birth: isDay(line.date_of_birth) ? line.date_of_birth : null,
        address,
        city,
        country: COUNTRIES.get(country.toLowerCase()),
        postcode: line.postcode.trim().toUpperCase(),
        segment,
        last_change: line.last_change,
        record_date: date,
        record_hour: hour,
      };
      const seen = all.get(id) ?? { emails: new Set(), rows: [] };
      seen.emails.add(email);
      seen.rows.push(row);
      all.set(id, seen);
      const version = `${line.last_change} ${date} ${String(hour).padStart(2, '0')}`;
      if (version >= (latest.get(id)?.version ?? '')) latest.set(id, { version, row });
    }
  }
  return { latest: new Map(Array.from(latest, ([id, { row }]) => [id, row])), all, invalid };
}

/** @param {readonly Delivered[]} delivered */
export function expectedProducts(delivered) {
  /** @type {Map<string, Row>} */
  const latest = new Map();
  const invalid = reasons();
  for (const { date, hour, line } of delivered) {
    const shown = [JSON.stringify(line), date, hour];
    const [price, popularity] = [Number(line.price), Number(line.popularity)];
    if (word(line.name) === null) invalid.add('required', shown);
    else if (Number.isNaN(price) || Number.isNaN(popularity)) invalid.add('not-a-number', shown);
    else if (price <= 0 || popularity <= 0) invalid.add('check-gt', shown);
    else latest.set(String(line.sku), { name: line.name, price, category: line.category, popularity, record_date: date });
  }
  return { latest, invalid };
}

/** @param {readonly Delivered[]} delivered */
export function expectedSales(delivered) {
  /** @type {Map<string, Row>} */
  const valid = new Map();
  const invalid = reasons();
  for (const { date, hour, line } of delivered) {
    const { transaction_id: id, purchases, delivery_address: to } = line;
    const shown = [JSON.stringify(line), date, hour];
    const match = TIME.exec(line.transaction_time);
    const items = purchases.products.map((/** @type {Row} */ { sku, quanitity, price, total }) => [
      Number(sku),
      quanitity,
      Number(price),
      total,
    ]);
    const pence = items.reduce(
      (/** @type {number} */ all, /** @type {number[]} */ [, , , total = 0]) => all + Math.round(total * 100),
      0,
    );
    if (id === null) invalid.add('key-missing', shown);
    else if (!UUID.test(id)) invalid.add('uuid', shown);
    else if (match === null) invalid.add('datetime-format', shown);
    else if (pence !== Math.round(purchases.total_cost * 100)) invalid.add('check-sum_equals', shown);
    else if (items.some((/** @type {number[]} */ [, quantity = 0]) => quantity < 1)) invalid.add('check-json_schema', shown);
    else {
      const address =
        to === null
          ? null
          : {
              address: to.address,
              city: to.city,
              postcode: to.postcode.trim().toUpperCase(),
              country: COUNTRIES.get(to.country.toLowerCase()),
            };
      valid.set(id, {
        time: `${utc(`${match[1]}T${match[2]}`)}.${match[3]}`,
        customer: line.customer_id,
        total: purchases.total_cost,
        items,
        address,
      });
    }
  }
  return { valid, invalid };
}

/** @param {readonly Delivered[]} delivered */
export function expectedRequests(delivered) {
  const invalid = reasons();
  const [ids, emails, distinct] = [new Set(), new Set(), new Set()];
  for (const { date, hour, line } of delivered) {
    const id = word(line['customer-id']);
    const email = word(line.email)?.toLowerCase() ?? null;
    if (id === null && email === null) invalid.add('check-any_not_null', [date, hour]);
    else distinct.add(JSON.stringify([id, email]));
    if (id !== null) ids.add(id);
    if (email !== null) emails.add(email);
  }
  return { ids, emails, distinct, invalid };
}

/** Counts of different rows by reason; equal rows that are refused for equal reasons are one. */
function reasons() {
  /** @type {Map<string, Set<string>>} */
  const all = new Map();
  return {
    all,
    add: (/** @type {string} */ reason, /** @type {unknown[]} */ shown) => {
      const own = all.get(reason) ?? new Set();
      own.add(JSON.stringify(shown));
      all.set(reason, own);
    },
  };
}

/** @param {string | null | undefined} text */
function word(text) {
  const trimmed = text?.trim() ?? '';
  return NOTHING.has(trimmed) ? null : trimmed;
}

/** @param {string} text */
function isDay(text) {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day);
}

/** A time in London. @param {string} local */
function utc(local) {
  const at = Date.parse(`${local}Z`);
  return new Date(local < SUMMER.replace('T01', 'T02') ? at : at - 3_600_000).toISOString().slice(0, 19);
}

/** @param {string} a @param {string} b */
function compareText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
