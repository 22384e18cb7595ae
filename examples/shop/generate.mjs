// @ts-check
// Makes what a shop's systems deliver: gzip JSON lines in data/date=YYYY-MM-DD/hour=H, with the faults that such files have. The same seed
// gives the same lines. There are three deliveries, a day each; the third brings a request that is late and some that come again.
//
//   node generate.mjs --rows 100000 --seed 1 --out data                     (all; rows are transactions)
//   node generate.mjs --rows 100000 --seed 1 --out data --delivery 2        (that day alone)
import { realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

export const DEFAULT_ROWS = 100_000;
const DELIVERIES = /** @type {const} */ ([1, 2, 3]);

/** The clocks go forward in London in the night to the second day. */
const DAYS = ['2026-03-28', '2026-03-29', '2026-03-30'];
const PRODUCTS = 400;
/** Share of a day's transactions, by hour. */
const HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 14, 20, 24, 26, 28, 26, 24, 24, 26, 30, 32, 30, 24, 14, 6, 3];

const FIRST = 'Anna Ben Carla David Élise Farid Grace Håkon Ines Jonas Karin Leo Maria Nils Olga Paul Rosa Seán Tara Zoë'.split(
  ' ',
);
const LAST = "Ashdown Bray Castell Dunmore Eastly Fenwick Garside Hollin Irvine Jarrow Kestrel Lomas Marlow O'Dowd Pryce".split(
  ' ',
);
const CITIES = ['London', 'Leeds', 'Bristol', 'Cardiff', 'Glasgow', 'York', 'Bath', 'Nuneaton'];
const STREETS = ['High Street', 'Mill Lane', 'Station Road', 'Church Walk', 'The Green'];
const COUNTRIES = ['United Kingdom', 'GB', 'United Kingdom', 'gb', 'Ireland'];
const SEGMENTS = ['new', 'regular', 'gold', 'lapsed'];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.split('');
const CATEGORIES = ['Vitamins', 'Food', 'Beauty', 'Sports', 'Teas'];

/** @typedef {() => number} Random gives numbers in [0, 1) */
/** @typedef {{ delivery: 1 | 2 | 3, path: string, lines: string[] }} File */
/** @typedef {ReturnType<typeof customer>} Customer */

/**
 * All files, in the order in which they are delivered.
 * @param {{ rows?: number, seed?: number }} [options]
 * @returns {Generator<File>}
 */
export function* files({ rows = DEFAULT_ROWS, seed = 1 } = {}) {
  const random = randomFrom(seed);
  const people = Array.from({ length: Math.max(60, Math.round(rows / 10)) }, (_, n) => customer(n, random));
  // Two people with one address: what one of them asks for must not reach the other.
  people[11] = { ...at(people, 11), email: at(people, 10).email };
  const goods = Array.from({ length: PRODUCTS }, (_, n) => product(n, random));
  /** @type {Customer[]} */
  const known = [];
  /** @type {string[]} of the hour before */
  let sent = [];
  for (const [day, date] of DAYS.entries()) {
    const delivery = at(DELIVERIES, day);
    yield* requestFiles(day, people, random).map((file) => ({ delivery, ...file }));
    yield { delivery, path: `date=${date}/hour=${folder(day, 0)}/products.json.gz`, lines: dirtyProducts(goods, day, random) };
    for (const [hour, weight] of HOURS.entries()) {
      const path = `date=${date}/hour=${folder(day, hour)}`;
      yield { delivery, path: `${path}/customers.json.gz`, lines: hourCustomers({ day, hour, people, known, random }) };
      const count = Math.round((rows * weight) / sum(HOURS) / DAYS.length);
      const transactions = hourTransactions({ date, hour, count, known, goods, random });
      // An hour's file begins with some lines of the one before: the sender was not sure whether they had arrived.
      yield { delivery, path: `${path}/transactions.json.gz`, lines: [...sent.slice(-2), ...transactions] };
      sent = transactions;
    }
  }
}

/**
 * Who asks to be erased. The first twelve people play a part each; of the others one in two hundred asks.
 * @param {number} day @param {readonly Customer[]} people @param {Random} random
 * @returns {{ path: string, lines: string[] }[]}
 */
function requestFiles(day, people, random) {
  const request = (/** @type {number} */ n, /** @type {'id' | 'email' | 'both'} */ by) => ({
    ...(by === 'email' ? {} : { 'customer-id': at(people, n).id }),
    ...(by === 'id' ? {} : { email: dirtyCase(at(people, n).email, random) }),
  });
  const path = `date=${DAYS[day]}/hour=${folder(day, 0)}/erasure-requests.json.gz`;
  if (day === 1) {
    const some = people.flatMap((_, n) => (n >= 12 && n % 200 === 50 && withFaults(at(people, n), n) === people[n] ? [n] : []));
    const forms = /** @type {const} */ (['id', 'email', 'both']);
    const requests = [
      request(0, 'id'),
      request(1, 'email'),
      request(2, 'both'),
      request(3, 'id'), // Will be sent again, with another address, tomorrow.
      request(10, 'id'), // Shares the address of 11.
      request(people.length - 1, 'id'), // Comes for the first time tomorrow.
      { 'customer-id': '99999999' }, // Nobody.
      { email: 'nobody@example.org', 'customer-id': null },
      { 'customer-id': ' ', email: '' }, // Names nobody.
      ...some.map((n, i) => request(n, at(forms, i % 3))),
    ];
    return [{ path, lines: requests.map((each) => JSON.stringify(each)) }];
  }
  if (day === 2) {
    const late = { path: `date=${DAYS[0]}/hour=00/erasure-requests.json.gz`, lines: [JSON.stringify(request(5, 'both'))] };
    const again = [request(0, 'id'), request(1, 'email'), request(4, 'id')];
    return [late, { path, lines: again.map((each) => JSON.stringify(each)) }];
  }
  return [];
}

/** @param {{ day: number, hour: number, people: readonly Customer[], known: Customer[], random: Random }} o */
function hourCustomers({ day, hour, people, known, random }) {
  const date = DAYS[day] ?? '';
  const first = day === 0 && hour === 0;
  // Most are there from the beginning; the others come over the days, the last one in the third.
  const from = first ? 0 : Math.ceil(people.length * share(day, hour));
  const to = day === 2 && hour === 23 ? people.length : Math.ceil(people.length * share(day, hour + 1));
  const fresh = people.slice(from, to);
  known.push(...fresh);
  const lines = fresh.map((person, n) => JSON.stringify(withFaults(person, from + n)));
  const changes = first ? 0 : Math.ceil(known.length / 400);
  for (let i = 0; i < changes; i++) {
    // The first twelve change when we say so, below.
    const n = 12 + Math.floor(random() * (known.length - 12));
    const before = at(known, n);
    const after = moved(before, date, random);
    known[n] = after;
    lines.push(JSON.stringify(withFaults(after, n)));
    // An old state comes after the new one: in the same file, or in a later one.
    if (i % 5 === 0) lines.push(JSON.stringify(withFaults(before, n)));
  }
  if (day === 1 && hour === 6) lines.push(JSON.stringify(at(known, 0)));
  if (day === 2 && hour === 8) {
    const changed = { ...moved(at(known, 3), date, random), first_name: 'Johanna', last_name: 'Renamed' };
    lines.push(
      JSON.stringify(changed),
      JSON.stringify({ ...at(known, 1), email: 'another.address@example.org', last_change: date }),
    );
  }
  if (day === 0 && hour === 9) lines.push('{"id": "5", "first_name": "Cut off in the mid');
  return lines;
}

/** Part of all people that has come before an hour. @param {number} day @param {number} hour */
function share(day, hour) {
  return day === 0 && hour === 0 ? 0 : 0.6 + 0.39 * ((day * 24 + hour) / 72);
}

/** @param {Customer} person @param {number} n @returns {Record<string, unknown>} */
function withFaults(person, n) {
  if (n < 12) return person;
  if (n % 97 === 13) return { ...person, email: '' };
  if (n % 97 === 29) return { ...person, first_name: null };
  if (n % 97 === 47) return { ...person, last_name: ' N/A ' };
  if (n % 197 === 61) return { ...person, email: person.email.replace('@', ' at ') };
  if (n % 97 === 71) return { ...person, phone_number: 'call me' };
  if (n % 97 === 83) return { ...person, date_of_birth: '1985-02-30' };
  if (n % 197 === 101) return { ...person, segment: 'V.I.P.' };
  return person;
}

/** @param {number} n @param {Random} random */
function customer(n, random) {
  const first = pick(FIRST, random);
  const last = pick(LAST, random);
  return {
    id: String(1000 + n),
    first_name: first,
    last_name: last,
    date_of_birth: `${1940 + Math.floor(random() * 65)}-${pad(1 + Math.floor(random() * 12))}-${pad(1 + Math.floor(random() * 28))}`,
    email: dirtyCase(
      `${first}.${last}${n}@example.${pick(['com', 'org', 'net'], random)}`.normalize('NFD').replaceAll(/[^\w.@]/g, ''),
      random,
    ),
    phone_number: `01632 960 ${String(n % 1000).padStart(3, '0')}`,
    ...address(random),
    last_change: `2026-0${1 + Math.floor(random() * 2)}-${pad(1 + Math.floor(random() * 28))}`,
    segment: pick(SEGMENTS, random),
  };
}

/** @param {Random} random */
function address(random) {
  const postcode = `${pick(['LS', 'BS', 'CF', 'YO', 'CV'], random)}${1 + Math.floor(random() * 20)} ${Math.floor(random() * 9)}${pick(['AB', 'QX', 'ZZ'], random)}`;
  return {
    address: `${1 + Math.floor(random() * 200)} ${pick(STREETS, random)}\nFlat ${1 + Math.floor(random() * 30)}`,
    city: pick(CITIES, random),
    country: pick(COUNTRIES, random),
    postcode: random() < 0.1 ? ` ${postcode.toLowerCase()}` : postcode,
  };
}

/** @param {Customer} person @param {string} date @param {Random} random @returns {Customer} */
function moved(person, date, random) {
  return { ...person, ...address(random), segment: pick(SEGMENTS, random), last_change: date };
}

/** @param {number} n @param {Random} random */
function product(n, random) {
  return {
    sku: 10_000 + n,
    name: Array.from({ length: 12 }, () => pick(LETTERS, random)).join(''),
    pence: 99 + Math.floor(random() * 6000),
    category: pick(CATEGORIES, random),
    popularity: Math.ceil(random() * 10_000) / 1000,
  };
}

/** @param {ReturnType<typeof product>[]} goods @param {number} day @param {Random} random */
function dirtyProducts(goods, day, random) {
  const lines = [];
  for (const [n, each] of goods.entries()) {
    if (day > 0 && random() < 0.1) each.pence += 5;
    const { pence, ...rest } = each;
    const clean = { ...rest, price: pounds(pence) };
    const bad = [
      { price: '-3.00' },
      { price: 'two pounds' },
      { popularity: 0 },
      { popularity: -1.5 },
      { popularity: 'high' },
      { name: null },
      { price: '0.00' },
    ];
    lines.push(JSON.stringify(n % 57 === 20 ? { ...clean, ...bad[Math.floor(n / 57) % bad.length] } : clean));
    // The number of an article as text, and an article twice.
    if (n % 61 === 7) lines.push(JSON.stringify({ ...clean, sku: String(clean.sku) }));
  }
  return lines;
}

/** @param {{ date: string, hour: number, count: number, known: readonly Customer[], goods: ReturnType<typeof product>[], random: Random }} o */
function hourTransactions({ date, hour, count, known, goods, random }) {
  const lines = [];
  for (let i = 0; i < count; i++) {
    const person = at(known, i % 50 < 6 ? (i + hour) % 12 : Math.floor(random() * known.length));
    const products = Array.from({ length: 1 + Math.floor(random() ** 2 * 6) }, () => {
      const { sku, pence } = pick(goods, random);
      const quanitity = 1 + Math.floor(random() ** 3 * 5);
      return { sku, quanitity, price: random() < 0.9 ? pounds(pence) : pence / 100, total: (pence * quanitity) / 100 };
    });
    const { postcode, city, country } = person;
    const total_cost = Math.round(products.reduce((all, { total }) => all + total * 100, 0)) / 100;
    const transaction = {
      transaction_id: uuid(random),
      transaction_time: `${date}T${pad(hour)}:${pad(Math.floor(random() * 60))}:${pad(Math.floor(random() * 60))}.${String(Math.floor(random() * 1e6)).padStart(6, '0')}`,
      customer_id: person.id,
      delivery_address: { address: person.address, postcode, city, country },
      purchases: { products, total_cost },
    };
    lines.push(JSON.stringify(dirtyTransaction(transaction, random)));
  }
  if (date === DAYS[0] && hour === 9) lines.push('transaction_id,transaction_time');
  return lines;
}

/** @param {Record<string, any>} clean @param {Random} random */
function dirtyTransaction(clean, random) {
  const chance = random() * 1000;
  const purchases = clean['purchases'];
  if (chance < 3) return { ...clean, purchases: { ...purchases, total_cost: Math.round(purchases.total_cost * 100 + 1) / 100 } };
  if (chance < 4) return { ...clean, transaction_id: null };
  if (chance < 5) return { ...clean, transaction_id: 'test' };
  if (chance < 6) return { ...clean, transaction_time: 'yesterday' };
  if (chance < 7) return { ...clean, customer_id: '88888888' };
  if (chance < 8)
    return {
      ...clean,
      purchases: { ...purchases, products: purchases.products.map((/** @type {object} */ each) => ({ ...each, sku: 77_777 })) },
    };
  if (chance < 9) return { ...clean, delivery_address: null };
  if (chance < 10) return { ...clean, purchases: { products: [], total_cost: 0 } };
  if (chance < 11)
    return {
      ...clean,
      purchases: { ...purchases, products: purchases.products.map((/** @type {object} */ each) => ({ ...each, quanitity: 0 })) },
    };
  return clean;
}

/** One system writes hour=7, the other hour=07. @param {number} day @param {number} hour */
function folder(day, hour) {
  return day === 0 ? String(hour) : pad(hour);
}

/** @param {string} text @param {Random} random */
function dirtyCase(text, random) {
  const chance = random();
  return chance < 0.1 ? text.toUpperCase() : chance < 0.2 ? ` ${text}` : text;
}

/** @param {Random} random */
function uuid(random) {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const pad = (/** @type {number} */ number) => String(number).padStart(2, '0');
const pounds = (/** @type {number} */ pence) => (pence / 100).toFixed(2);
const sum = (/** @type {readonly number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);

/** @template T @param {readonly T[]} list @param {Random} random @returns {T} */
function pick(list, random) {
  return at(list, Math.floor(random() * list.length));
}

/** @template T @param {readonly T[]} list @param {number} index @returns {T} */
function at(list, index) {
  const item = list[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} of ${list.length}`);
  return item;
}

/** The same numbers for the same seed (mulberry32). @param {number} seed @returns {Random} */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Writes the files of some deliveries.
 * @param {string} out folder
 * @param {{ rows?: number, seed?: number, deliveries?: readonly number[] }} [options]
 * @returns {Promise<number>} lines written
 */
async function writeShop(out, { deliveries = DELIVERIES, ...options } = {}) {
  let written = 0;
  for (const { delivery, path, lines } of files(options)) {
    if (!deliveries.includes(delivery)) continue;
    await mkdir(join(out, dirname(path)), { recursive: true });
    await writeFile(join(out, path), gzipSync(lines.map((line) => `${line}\n`).join('')));
    written += lines.length;
  }
  return written;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: String(DEFAULT_ROWS) },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'data' },
      delivery: { type: 'string' },
    },
  });
  const deliveries = values.delivery === undefined ? DELIVERIES : [Number(values.delivery)];
  const lines = await writeShop(values.out, { rows: Number(values.rows), seed: Number(values.seed), deliveries });
  process.stdout.write(`${lines} lines in ${values.out}\n`);
}
