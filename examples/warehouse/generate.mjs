// @ts-check
// The sources of the example: the table of resale prices as CSV, and GitHub repositories for scripts/github/fake.mjs. The same seed gives
// the same rows.
//
//   node generate.mjs --rows 230000 --releases 130 --seed 1 --resale resale.csv --repositories repositories.json
//
// The dirt is that of the real ones. Prices: areas and leases as text ("44", "67.0"; "61 years 04 months", "61 years", "61"), rows that
// are the same but for their id, thousands of rows with one updated_at, because each month came in one transaction, and corrections
// later. Releases: CRLF and emoji in bodies, none in some; drafts without a time; tags of candidates; "Bug" that is not "bug".
import { once } from 'node:events';
import { createWriteStream, realpathSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const TABLE = 'resale_flat_prices_from_jan_2017';
export const DEFAULT_ROWS = 230_000;
const DEFAULT_RELEASES = 130;

/** The table's columns in Postgres. */
export const COLUMNS = {
  id: 'bigint PRIMARY KEY',
  month: 'text',
  town: 'text',
  flat_type: 'text',
  block: 'text',
  street_name: 'text',
  storey_range: 'text',
  floor_area_sqm: 'text',
  flat_model: 'text',
  lease_commence_date: 'integer',
  remaining_lease: 'text',
  resale_price: 'numeric',
  created_at: 'timestamptz NOT NULL',
  updated_at: 'timestamptz NOT NULL',
};

const TOWNS = [
  'SENGKANG',
  'PUNGGOL',
  'WOODLANDS',
  'YISHUN',
  'TAMPINES',
  'JURONG WEST',
  'BEDOK',
  'HOUGANG',
  'CHOA CHU KANG',
  'ANG MO KIO',
  'BUKIT BATOK',
  'BUKIT MERAH',
  'BUKIT PANJANG',
  'TOA PAYOH',
  'PASIR RIS',
  'KALLANG/WHAMPOA',
  'QUEENSTOWN',
  'SEMBAWANG',
  'GEYLANG',
  'CLEMENTI',
  'JURONG EAST',
  'BISHAN',
  'SERANGOON',
  'CENTRAL AREA',
  'MARINE PARADE',
  'BUKIT TIMAH',
];
/** Most frequent first; usual area in square metres. @type {readonly (readonly [type: string, area: number])[]} */
const FLATS = [
  ['4 ROOM', 95],
  ['5 ROOM', 115],
  ['3 ROOM', 68],
  ['EXECUTIVE', 144],
  ['2 ROOM', 46],
  ['1 ROOM', 31],
  ['MULTI-GENERATION', 160],
];
const MODELS = [
  'Model A',
  'Improved',
  'New Generation',
  'Premium Apartment',
  'Simplified',
  'Apartment',
  'Maisonette',
  'Standard',
  'DBSS',
  'Model A2',
  'Adjoined flat',
  'Model A-Maisonette',
  'Type S1',
  'Type S2',
  'Premium Apartment Loft',
  'Terrace',
  'Multi Generation',
  '2-room',
  'Improved-Maisonette',
  'Premium Maisonette',
  '3Gen',
];
const STREETS = 'AVE DR RD ST CTRL CRES LINK WALK RISE CL'.split(' ');
const MONTHS = 107;
const LEASE_YEARS = 99;

const SHARE_DUPLICATE = 0.0015;
const SHARE_CORRECTED = 0.002;
/** Rare ones come at fixed places, so that small tables have them, too. */
const ROWS_PER_ZERO_AREA = 4000;

/** @typedef {() => number} Random gives numbers in [0, 1) */
/** @typedef {{ id: number, month: string, town: string, flat_type: string, block: string, street_name: string, storey_range: string, floor_area_sqm: string, flat_model: string, lease_commence_date: number, remaining_lease: string, resale_price: string, created_at: string, updated_at: string }} Resale */

/**
 * The rows of the table, oldest month first.
 * @param {{ rows?: number, seed?: number }} [options]
 * @returns {Generator<Resale>}
 */
export function* resales({ rows = DEFAULT_ROWS, seed = 1 } = {}) {
  const random = randomFrom(seed);
  /** @type {Resale | undefined} */
  let before;
  for (let index = 0; index < rows; index++) {
    const monthIndex = Math.floor((index * MONTHS) / rows);
    const row =
      before !== undefined && before.month === monthText(monthIndex) && random() < SHARE_DUPLICATE
        ? { ...before, id: index + 1 }
        : newResale(index, monthIndex, random);
    yield row;
    before = row;
  }
}

/** @param {number} index @param {number} monthIndex @param {Random} random @returns {Resale} */
function newResale(index, monthIndex, random) {
  const [flatType, usualArea] = FLATS[skewed(FLATS.length, 2.2, random)] ?? ['4 ROOM', 95];
  const area = usualArea + Math.round((random() - 0.5) * 30);
  const town = skewed(TOWNS.length, 1.2, random);
  const commenced = 1966 + Math.floor(random() * 47);
  const storey = 1 + 3 * skewed(17, 2.5, random);
  const price = area * (3800 + 90 * (TOWNS.length - town) + 22 * monthIndex + 25 * storey) * (0.9 + 0.2 * random());
  const created = Date.UTC(2017, monthIndex + 1, 1, 2);
  const corrected = random() < SHARE_CORRECTED ? Math.floor(random() * 90 * 86_400_000_000) : 0;
  return {
    id: index + 1,
    month: monthText(monthIndex),
    town: TOWNS[town] ?? '',
    flat_type: flatType,
    block: `${1 + Math.floor(random() * 900)}${random() < 0.3 ? 'ABCDE'[Math.floor(random() * 5)] : ''}`,
    street_name: `${TOWNS[town]} ${STREETS[Math.floor(random() * STREETS.length)]} ${1 + Math.floor(random() * 12)}`,
    storey_range: `${pad(storey)} TO ${pad(storey + 2)}`,
    floor_area_sqm: index % ROWS_PER_ZERO_AREA === 1234 ? '0' : `${area}${random() < 0.2 ? '.0' : random() < 0.05 ? '.5' : ''}`,
    flat_model: MODELS[skewed(MODELS.length, 3, random)] ?? '',
    lease_commence_date: commenced,
    remaining_lease: lease(LEASE_YEARS * 12 - (2017 - commenced) * 12 - monthIndex - Math.floor(random() * 12), random),
    resale_price: random() < 0.02 ? `${Math.floor(price)}.88` : String(Math.round(price / 1000) * 1000),
    created_at: new Date(created).toISOString(),
    // The clock of the database gives microseconds.
    updated_at: `${new Date(created + Math.floor(corrected / 1000)).toISOString().slice(0, -1)}${String(corrected % 1000).padStart(3, '0')}Z`,
  };
}

/** @param {number} months @param {Random} random */
function lease(months, random) {
  const [years, rest] = [Math.floor(months / 12), months % 12];
  const kind = random();
  if (kind < 0.01) return String(years);
  if (rest === 0 || kind < 0.04) return `${years} years`;
  return `${years} years ${pad(rest)} month${rest === 1 ? '' : 's'}`;
}

const SENTENCES = [
  'Fixed regression in `merge` with an empty frame',
  'New feature: nullable integers',
  'This release contains bug fixes and performance improvements',
  'Bug fix in `groupby`',
  'Performance of `read_csv` is better',
  'Thanks to all who helped 🎉🐼',
  'We recommend that all users upgrade',
  'See the **full list** of changes, "what is new" included',
  'A bug in `to_datetime` is gone; so is a feature nobody used',
];

/**
 * Releases of one repository as the API gives them, newest first; what is left out is filled by the fake.
 * @param {{ releases?: number, seed?: number }} [options]
 */
export function releases({ releases: count = DEFAULT_RELEASES, seed = 1 } = {}) {
  const random = randomFrom(seed + 1);
  return Array.from({ length: count }, (_, back) => {
    const number = count - back;
    const created = Date.UTC(2012, 0, 1) + number * 36 * 86_400_000 + Math.floor(random() * 86_400) * 1000;
    const time = `${new Date(created).toISOString().slice(0, 19)}Z`;
    const candidate = number % 5 === 0;
    const draft = number % 60 === 7;
    const tag = `v${Math.floor(number / 60)}.${Math.floor(number / 5) % 12}.${candidate ? '0rc0' : (number % 5) - 1}`;
    return {
      id: 12_000_000 + number * 97,
      tag_name: tag,
      name: `pandas ${tag.slice(1)}`,
      body: random() < 0.06 ? null : bodyText(tag, random),
      draft,
      prerelease: candidate,
      created_at: time,
      published_at: draft ? null : time,
      updated_at: time,
    };
  });
}

/** @param {string} tag @param {Random} random */
function bodyText(tag, random) {
  const end = random() < 0.5 ? '\r\n' : '\n';
  const lines = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => `* ${SENTENCES[Math.floor(random() * SENTENCES.length)]}`,
  );
  return [`# ${tag}`, '', ...lines, ''].join(end);
}

/** The content of the file for scripts/github/fake.mjs. @param {{ releases?: number, seed?: number }} [options] */
export function repositories(options) {
  return [
    { owner: 'pandas-dev', name: 'pandas', releases: releases(options) },
    { owner: 'github', name: 'hub', recorded: true },
  ];
}

/**
 * Writes the table's rows as CSV, the header first. No value needs quotes.
 * @param {import('node:stream').Writable} out
 * @param {{ rows?: number, seed?: number }} [options]
 */
async function writeResales(out, options) {
  let chunk = `${Object.keys(COLUMNS).join(',')}\n`;
  for (const row of resales(options)) {
    chunk += `${Object.values(row).join(',')}\n`;
    if (chunk.length < 65_536) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  await finished(out.end(chunk));
}

/** @param {number} index */
function monthText(index) {
  return new Date(Date.UTC(2017, index)).toISOString().slice(0, 7);
}

/** An index below `length`; the first are the most frequent. @param {number} length @param {number} power @param {Random} random */
function skewed(length, power, random) {
  return Math.floor(length * random() ** power);
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

/** @param {number} number */
function pad(number) {
  return String(number).padStart(2, '0');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: String(DEFAULT_ROWS) },
      releases: { type: 'string', default: String(DEFAULT_RELEASES) },
      seed: { type: 'string', default: '1' },
      resale: { type: 'string' },
      repositories: { type: 'string' },
    },
  });
  const seed = Number(values.seed);
  if (values.resale !== undefined) await writeResales(createWriteStream(values.resale), { rows: Number(values.rows), seed });
  if (values.repositories !== undefined)
    writeFileSync(
      values.repositories,
      `${JSON.stringify(repositories({ releases: Number(values.releases), seed }), undefined, 2)}\n`,
    );
}
