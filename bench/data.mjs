// @ts-check
// The bench's data, made once into .cache/bench. The same name always holds the same bytes.
//
//   node bench/data.mjs [--large]      makes all of it now; the bench makes what it needs by itself
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '.cache', 'bench');

/** @typedef {readonly (string | null)[]} Cells */
/** @typedef {{ stream: string, columns: readonly string[], keys: readonly string[], row: (index: number) => Cells }} Table */
/** @typedef {'csv' | 'singer' | 'singer-general'} Form `singer-general`: a schema that asks for more than types, so that records must become objects */

/** @param {string} text */
const words = (text) => text.split(' ');
/** @template T @param {readonly T[]} list @param {number} index @returns {T} */
function pick(list, index) {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('Nothing to pick from');
  return found;
}
const two = (/** @type {number} */ value) => String(value).padStart(2, '0');

const TOWNS = [
  'ANG MO KIO',
  'BEDOK',
  'BISHAN',
  'BUKIT BATOK',
  'CHOA CHU KANG',
  'GEYLANG',
  'HOUGANG',
  'JURONG WEST',
  'PUNGGOL',
  'QUEENSTOWN',
  'SENGKANG',
  'TAMPINES',
  'TOA PAYOH',
  'WOODLANDS',
  'YISHUN',
];
const FLAT_TYPES = ['1 ROOM', '2 ROOM', '3 ROOM', '4 ROOM', '5 ROOM', 'EXECUTIVE'];
const FLAT_MODELS = [
  'Improved',
  'New Generation',
  'Model A',
  'Standard',
  'Simplified',
  'Premium Apartment',
  'Maisonette',
  'DBSS',
];
const STREETS = [
  'ANG MO KIO AVE 3',
  'BEDOK NTH RD',
  'BISHAN ST 12',
  'BT BATOK WEST AVE 6',
  'CHOA CHU KANG CTRL',
  'SIMS DR',
  'HOUGANG AVE 8',
  'JURONG WEST ST 52',
  'PUNGGOL DR',
  "C'WEALTH DR",
];

/** Eleven narrow columns, as in the sales of flats; nothing needs an escape. @type {Table} */
const resale = {
  stream: 'resale',
  columns: words(
    'month town flat_type block street_name storey_range floor_area_sqm flat_model lease_commence_date remaining_lease resale_price',
  ),
  keys: [],
  row(index) {
    const luck = scramble(index);
    const storey = 1 + 3 * (luck % 12);
    const lease = 1968 + (luck % 50);
    return [
      `${2012 + (luck % 13)}-${two(1 + (index % 12))}`,
      pick(TOWNS, luck >>> 4),
      pick(FLAT_TYPES, luck >>> 9),
      `${1 + ((luck >>> 7) % 900)}${luck % 5 === 0 ? 'A' : ''}`,
      pick(STREETS, luck >>> 11),
      `${two(storey)} TO ${two(storey + 2)}`,
      `${45 + ((luck >>> 6) % 110)}${luck % 9 === 0 ? '.5' : ''}`,
      pick(FLAT_MODELS, luck >>> 13),
      String(lease),
      `${lease - 1925} years ${two(luck % 12)} months`,
      String(180_000 + ((luck >>> 3) % 900_000)),
    ];
  },
};

const FIRST_NAMES = [
  'Ana',
  'Björn',
  'Chloé',
  'Dmitri',
  'Ewa',
  'Fatima',
  'Guðrún',
  'Hiro',
  'Ivana',
  'José',
  '小明',
  'Lukas',
  'Małgorzata',
  'Nguyễn',
  'Olga',
  'Søren',
];
const LAST_NAMES = [
  "O'Neil",
  'Müller',
  'García',
  'Иванова',
  'Smith',
  'Øster',
  'Kowalski',
  'de la Cruz',
  'Tanaka',
  'Nowak',
  'Brown',
  'Şahin',
];
const COMPANIES = [
  'Sun, Moon & Co',
  'The "Best" Bakery',
  'Åkesson AB',
  'Fischer GmbH',
  'Tools\\Parts Ltd',
  '株式会社あおば',
  'Plain Inc',
];
const CITIES = ['Zürich', 'São Paulo', 'Kraków', 'Москва', 'Lyon', '東京', 'Oslo', 'Málaga', 'Leeds'];
const NOTES = [
  null,
  null,
  'pays late, call "Accounts"',
  'first line\nsecond line',
  'tab\there',
  'prefers e-mail 📧',
  null,
  'VIP',
];

/** Twelve columns with quotes, other scripts, nulls, a key. @param {number} version of the values that are not the key @returns {Table} */
const customers = (version) => ({
  stream: 'customers',
  columns: words('id first_name last_name email phone company street city country segment note updated_at'),
  keys: ['id'],
  row(index) {
    const luck = scramble(index);
    const first = pick(FIRST_NAMES, luck);
    const last = pick(LAST_NAMES, luck >>> 5);
    return [
      `C${String(index).padStart(9, '0')}`,
      first,
      last,
      luck % 11 === 0 ? null : `${index}.${luck % 1000}@example.org`,
      luck % 7 === 0 ? null : `+44 ${1000 + (luck % 9000)} ${100_000 + (luck % 900_000)}`,
      pick(COMPANIES, luck >>> 8),
      `${1 + (luck % 300)} ${last} Road`,
      pick(CITIES, luck >>> 10),
      pick(['CH', 'BR', 'PL', 'JP'], luck >>> 12),
      luck % 3 === 0 ? null : `segment ${luck % 40}`,
      pick(NOTES, luck >>> 14),
      `20${two(10 + (luck % 15) + version)}-${two(1 + (luck % 12))}-${two(1 + (luck % 28))}T${two(luck % 24)}:${two(luck % 60)}:00Z`,
    ];
  },
});

/** @type {Record<string, Table>} */
const TABLES = { resale, customers: customers(0), 'customers-changed': customers(1) };

/**
 * The path of a data file, made if it is not there yet.
 * @param {keyof typeof TABLES} name @param {number} rows @param {Form} form
 */
export async function data(name, rows, form) {
  const path = join(FOLDER, `${name}-${rows}.${form}`);
  if (existsSync(path)) return path;
  const table = TABLES[name];
  if (table === undefined) throw new Error(`No such data: ${name}`);
  mkdirSync(FOLDER, { recursive: true });
  const out = createWriteStream(`${path}.part`);
  let chunk = head(table, form);
  for (let index = 0; index < rows; index++) {
    chunk += form === 'csv' ? csvLine(table.row(index)) : recordLine(table, table.row(index));
    if (chunk.length < 262_144) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  out.end(
    form === 'csv' ? chunk : `${chunk}${JSON.stringify({ type: 'STATE', value: { bookmarks: { [table.stream]: { rows } } } })}\n`,
  );
  await finished(out);
  renameSync(`${path}.part`, path);
  return path;
}

/** The columns of a table, for a CREATE TABLE. @param {keyof typeof TABLES} name @returns {Pick<Table, 'stream' | 'columns' | 'keys'>} */
export function shape(name) {
  const table = TABLES[name];
  if (table === undefined) throw new Error(`No such data: ${name}`);
  return table;
}

/** @param {Table} table @param {Form} form */
function head({ stream, columns, keys }, form) {
  if (form === 'csv') return csvLine(columns);
  const properties = Object.fromEntries(
    columns.map((column) => [
      column,
      { type: keys.includes(column) ? 'string' : ['null', 'string'], ...(form === 'singer-general' ? { maxLength: 1000 } : {}) },
    ]),
  );
  return `${JSON.stringify({ type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: keys })}\n`;
}

/** @param {Cells} cells */
function csvLine(cells) {
  return `${cells.map((cell) => (cell === null ? '' : /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}

/** @param {Table} table @param {Cells} cells */
function recordLine({ stream, columns }, cells) {
  const record = columns.map((column, index) => `"${column}":${JSON.stringify(cells[index])}`).join(',');
  return `{"type":"RECORD","stream":"${stream}","record":{${record}}}\n`;
}

/** A number that looks random and is always the same for the same index. @param {number} index */
function scramble(index) {
  let mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const rows = process.argv.includes('--large') ? 10_000_000 : 1_000_000;
  for (const name of Object.keys(TABLES))
    for (const form of /** @type {const} */ (['csv', 'singer'])) process.stdout.write(`${await data(name, rows, form)}\n`);
}
