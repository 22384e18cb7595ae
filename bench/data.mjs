// @ts-check
// The bench's data, made once into .cache/bench. The same name always holds the same bytes.
//
//   node bench/data.mjs [--large]      makes all of it now; the bench makes what it needs by itself
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { finished, pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '.cache', 'bench');

/** @typedef {readonly (string | null)[]} Cells */
/** @typedef {{ stream: string, columns: readonly string[], keys: readonly string[], row: (index: number) => Cells }} Table */
/**
 * `singer-general`: a schema that asks for more than types, so that records must become objects. `singer-nested`: names with `__` are
 * paths into objects. `singer-streams`: the records go in turn to fifty streams. `jsonl`: bare records.
 * @typedef {'csv' | 'csv.gz' | 'singer' | 'singer-general' | 'singer-nested' | 'singer-streams' | 'jsonl'} Form
 */

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

/** The same sales with most columns two and three levels deep. @type {Table} */
const sales = {
  ...resale,
  stream: 'sales',
  columns: words(
    'month place__town flat__type place__block place__street__name flat__storeys flat__size__sqm flat__model lease__from lease__left price',
  ),
};

/** Three hundred columns of sensors: short texts, numbers as text, nulls. @type {Table} */
const wide = {
  stream: 'wide',
  columns: ['id', ...Array.from({ length: 299 }, (_, n) => `sensor_${String(n).padStart(3, '0')}`)],
  keys: [],
  row(index) {
    const luck = scramble(index);
    return [String(index), ...Array.from({ length: 299 }, (_, n) => (n % 7 === 3 ? null : String((luck >>> (n % 16)) % 10_000)))];
  },
};

const RUSSIAN_MONTHS = words('января февраля марта апреля мая июня июля августа сентября октября ноября декабря');

/** Local times as people and programs write them: nine in ten ISO with milliseconds, the others American or Russian; none at night, when clocks are set. @type {Table} */
const times = {
  stream: 'times',
  columns: words('id at hours project'),
  keys: [],
  row(index) {
    const luck = scramble(index);
    const [year, month, day] = [2010 + (luck % 10), 1 + ((luck >>> 4) % 12), 1 + ((luck >>> 8) % 28)];
    const [hour, minute, second] = [6 + ((luck >>> 5) % 16), (luck >>> 10) % 60, (luck >>> 16) % 60];
    const clock = `${two(hour)}:${two(minute)}`;
    const at =
      index % 20 === 7
        ? `${two(month)}/${two(day)}/${year} ${two(hour % 12 || 12)}:${two(minute)} ${hour < 12 ? 'AM' : 'PM'}`
        : index % 20 === 13
          ? `${day} ${pick(RUSSIAN_MONTHS, month - 1)} ${year} ${clock}`
          : `${year}-${two(month)}-${two(day)} ${clock}:${two(second)}.${String(1 + (luck % 999)).padStart(3, '0')}`;
    return [String(index), at, `${1 + (luck % 8)}.5`, `project-${two(luck % 75)}`];
  },
};

/** @type {Record<string, Table>} */
const TABLES = { resale, times, customers: customers(0), 'customers-changed': customers(1), sales, wide };
/** Streams of the form `singer-streams`. */
export const STREAMS = 50;

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
  if (form === 'csv.gz') {
    await pipeline(createReadStream(await data(name, rows, 'csv')), createGzip(), createWriteStream(`${path}.part`));
    renameSync(`${path}.part`, path);
    return path;
  }
  const out = createWriteStream(`${path}.part`);
  const { head, line } = writer(table, form);
  let chunk = head;
  for (let index = 0; index < rows; index++) {
    chunk += line(table.row(index), index);
    if (chunk.length < 262_144) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  const state = { type: 'STATE', value: { bookmarks: { [table.stream]: { rows } } } };
  out.end(form.startsWith('singer') ? `${chunk}${JSON.stringify(state)}\n` : chunk);
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

/**
 * The first lines of a file and what makes a row into a line.
 * @param {Table} table @param {Form} form @returns {{ head: string, line: (row: Cells, index: number) => string }}
 */
function writer(table, form) {
  const { stream, columns } = table;
  /** @param {string} name @param {string} record */
  const message = (name, record) => `{"type":"RECORD","stream":"${name}","record":${record}}\n`;
  switch (form) {
    case 'csv':
    case 'csv.gz':
      return { head: csvLine(columns), line: csvLine };
    case 'jsonl':
      return { head: '', line: (row) => `${flat(columns, row)}\n` };
    case 'singer-nested':
      return { head: schema(table, form), line: (row) => message(stream, JSON.stringify(nested(columns, row))) };
    case 'singer-streams': {
      const names = Array.from({ length: STREAMS }, (_, n) => `${stream}_${two(n)}`);
      return {
        head: names.map((name) => schema({ ...table, stream: name }, form)).join(''),
        line: (row, index) => message(pick(names, index), flat(columns, row)),
      };
    }
    default:
      return { head: schema(table, form), line: (row) => message(stream, flat(columns, row)) };
  }
}

/** @param {readonly string[]} columns @param {Cells} row */
function flat(columns, row) {
  return `{${columns.map((column, index) => `"${column}":${JSON.stringify(row[index])}`).join(',')}}`;
}

/** Puts values at their paths. @param {readonly string[]} columns @param {readonly unknown[]} values @returns {Record<string, unknown>} */
function nested(columns, values) {
  /** @type {Record<string, unknown>} */
  const root = {};
  columns.forEach((column, index) => {
    const path = column.split('__');
    const name = path.pop() ?? column;
    let node = root;
    for (const part of path) node = /** @type {Record<string, unknown>} */ (node[part] ??= {});
    node[name] = values[index];
  });
  return root;
}

/** A SCHEMA message. @param {Table} table @param {Form} form */
function schema({ stream, columns, keys }, form) {
  // Nothing that asks for this can be checked on bytes alone.
  const more = form === 'singer-general' ? { not: { const: 'never' } } : {};
  const types = columns.map((column) => ({ type: keys.includes(column) ? 'string' : ['null', 'string'], ...more }));
  const properties =
    form === 'singer-nested'
      ? objectSchemas(nested(columns, types))
      : Object.fromEntries(columns.map((column, index) => [column, types[index]]));
  return `${JSON.stringify({ type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: keys })}\n`;
}

/** What is no schema of a value is an object of such. @param {Record<string, unknown>} tree @returns {Record<string, unknown>} */
function objectSchemas(tree) {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => {
      const inner = /** @type {Record<string, unknown>} */ (node);
      return [name, 'type' in inner && !isTree(inner['type']) ? inner : { type: 'object', properties: objectSchemas(inner) }];
    }),
  );
}

/** @param {unknown} value */
const isTree = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {Cells} cells */
function csvLine(cells) {
  return `${cells.map((cell) => (cell === null ? '' : /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}

/** A number that looks random and is always the same for the same index. @param {number} index */
function scramble(index) {
  let mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const rows = process.argv.includes('--large') ? 10_000_000 : 1_000_000;
  for (const name of ['resale', 'customers', 'customers-changed'])
    for (const form of /** @type {const} */ (['csv', 'singer'])) process.stdout.write(`${await data(name, rows, form)}\n`);
}
