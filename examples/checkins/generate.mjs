// @ts-check
// Makes a CSV of daily check-ins as dirty as such files are in life: three date formats (one of them Russian), users left out,
// misspelt projects, exact duplicates, a few impossible hours and dates, newest first. The same seed gives the same bytes.
//
//   node generate.mjs --rows 20500 --seed 1 --out data/dailycheckins.csv    (without --out: to stdout)
import { once } from 'node:events';
import { createWriteStream, realpathSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const HEADER = 'user,timestamp,hours,project';
export const DEFAULT_ROWS = 20_500;

const USERS = (
  'anna ben carla david elena felix grace hugo ines jonas karin leo maria nils olga paul quentin rosa simon tara ' +
  'ulrich vera walter xenia yann zoe amir bella cesar dora emil flora gustav helga ivan judith kevin lucia marco nadia'
).split(' ');

/** Correct names first, then how people really type them. */
const WORDS = (
  'harbour lighthouse greenhouse payroll mentoring standups bookkeeping newsletter observatory clockwork orchard ' +
  'paperclip windmill aqueduct sandcastle telescope lanterns customer-care data-plumbing field-trips ' +
  'harbor harbuor lighthose lighthouses light-house greenhous green-house payrol pay-roll mentorng mentorship mentorin ' +
  'mentorings standup stand-ups bookkeping book-keeping bookeeping newsleter newsletters obsevatory observatori observatry ' +
  'clock-work clokwork orchards orchad paper-clip paperclips windmil wind-mill aquaduct acqueduct sand-castle sandcastles ' +
  'telescop telescopes lantern customercare custmer-care dataplumbing data-plumbin datta-plumbing fieldtrips field-trip feild-trips ' +
  'sand-castles lantern-s obervatory payrolls dataplumbin newslettr'
).split(' ');
const CODED = 75;
const CODED_SHARE = 0.47;

/**
 * Hours and how often each is seen, in per mille; what is left over is a number nobody rounded.
 * @type {readonly (readonly [hours: string, perMille: number])[]}
 */
const HOURS = [
  ['1.0', 190],
  ['0.5', 136],
  ['2.0', 101],
  ['1.5', 78],
  ['3.0', 58],
  ['4.0', 37],
  ['0.25', 32],
  ['2.5', 31],
  ['5.0', 26],
  ['0.75', 25],
  ['6.0', 24],
  ['7.0', 18],
  ['3.5', 16],
  ['8.0', 15],
  ['1.25', 12],
  ['4.5', 10],
  ['5.5', 9],
  ['6.5', 6],
  ['1.75', 6],
  ['7.5', 5],
  ['2.25', 5],
];

/** Newest first: the last day of each stretch, its length in days, its share of the rows. */
const STRETCHES = [
  { last: '2019-09-27', days: 10, share: 6 / 20_500 },
  { last: '2018-12-31', days: 365, share: 0.7685 },
  { last: '2017-12-31', days: 92, share: 0.23 },
  { last: '2016-11-04', days: 4, share: 4 / 20_500 },
  { last: '2010-10-11', days: 7, share: 13 / 20_500 },
];

const RUSSIAN_MONTHS = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ');
/** @typedef {() => number} Random gives numbers in [0, 1) */

const DAY_MS = 86_400_000;
const SHARE_MIDNIGHT = 0.37;
const SHARE_AMERICAN = 0.05;
const SHARE_RUSSIAN = 0.05;
/** Of the second and later rows of a sitting. */
const SHARE_DUPLICATE = 0.022;
const SHARE_SAME_PROJECT = 0.36;

/** Rare faults come at fixed places, so that every file of the usual size has them. */
const ROWS_PER_MISSING_USER = 4100;
const ROWS_PER_ZERO = 10_250;
const ROWS_PER_LONG_DAY = 20_500;

/**
 * The rows, without header and newline.
 * @param {{ rows?: number, seed?: number }} [options]
 * @returns {Generator<string>}
 */
export function* checkins({ rows = DEFAULT_ROWS, seed = 1 } = {}) {
  const random = randomFrom(seed);
  let left = rows;
  let done = 0;
  for (const [index, stretch] of STRETCHES.entries()) {
    // The longest stretch takes what rounding leaves.
    const wanted =
      index === 1
        ? rows - sum(STRETCHES.filter((_, i) => i !== 1).map((s) => Math.round(s.share * rows)))
        : Math.round(stretch.share * rows);
    const count = Math.min(wanted, left);
    left -= count;
    for (const row of stretchRows(stretch, count, random)) yield withFaults(row, done++);
  }
}

/** @param {string} row @param {number} index */
function withFaults(row, index) {
  if (index % ROWS_PER_MISSING_USER === 2050) return row.replace(/^[^,]*/, '');
  if (index % ROWS_PER_ZERO === 3000) return row.replace(/,[0-9.]+,/, ',0.0,');
  if (index % ROWS_PER_LONG_DAY === 8200) return row.replace(/,[0-9.]+,/, ',30.0,');
  return row;
}

/** @param {typeof STRETCHES[number]} stretch @param {number} count @param {Random} random */
function* stretchRows({ last, days, share }, count, random) {
  const workdays = [];
  for (let day = 0; day < days; day++) {
    const at = Date.parse(`${last}T00:00:00Z`) - day * DAY_MS;
    if (share < 0.01 || ![0, 6].includes(new Date(at).getUTCDay())) workdays.push(at);
  }
  let done = 0;
  for (const [index, day] of workdays.entries()) {
    const until = Math.round((count * (index + 1)) / workdays.length);
    yield* dayRows(day, until - done, random);
    done = until;
  }
}

/**
 * A day is a number of sittings: one user writes down a few things at one instant.
 * @param {number} day @param {number} count @param {Random} random
 */
function dayRows(day, count, random) {
  const sittings = [];
  for (let made = 0; made < count;) {
    const micros = random() < SHARE_MIDNIGHT ? 0 : microsOfDay(random);
    const size = Math.min(count - made, sittingSize(random));
    sittings.push({ micros, rows: sittingRows(day, micros, size, random) });
    made += size;
  }
  return sittings.toSorted((a, b) => b.micros - a.micros).flatMap((sitting) => sitting.rows);
}

/** @param {number} day @param {number} micros @param {number} size @param {Random} random */
function sittingRows(day, micros, size, random) {
  const user = USERS[skewed(USERS.length, 1.4, random)] ?? '';
  /** @type {string[]} */
  const rows = [];
  let project = '';
  for (let i = 0; i < size; i++) {
    if (i > 0 && random() < SHARE_DUPLICATE) {
      rows.push(...rows.slice(-1));
      continue;
    }
    if (i === 0 || random() > SHARE_SAME_PROJECT) project = anyProject(random);
    rows.push(`${user},${anyTimestamp(day, micros, random)},${anyHours(random)},${project}`);
  }
  return rows;
}

/** @param {number} day @param {number} micros of the day @param {Random} random */
function anyTimestamp(day, micros, random) {
  const at = new Date(day + Math.floor(micros / 1000));
  const date = at.toISOString().slice(0, 10);
  const clock = at.toISOString().slice(11, 19);
  const [year, month, dayOfMonth] = date.split('-');
  const kind = random();
  if (kind < SHARE_AMERICAN) {
    const hour = at.getUTCHours();
    return `${month}/${dayOfMonth}/${year} ${pad(hour % 12 || 12)}:${clock.slice(3, 5)} ${hour < 12 ? 'AM' : 'PM'}`;
  }
  if (kind < SHARE_AMERICAN + SHARE_RUSSIAN)
    return `${at.getUTCDate()} ${RUSSIAN_MONTHS[at.getUTCMonth()]} ${year} ${clock.slice(0, 5)}`;
  // Clients send six digits or four, and a formatter has cut the zeros at the end.
  const digits = String(micros % 1_000_000).padStart(6, '0');
  const fraction = (micros % 10 > 6 && digits[3] !== '0' ? digits.slice(0, 4) : digits).replace(/0+$/, '');
  return `${date} ${clock}${fraction === '' ? '' : `.${fraction}`} UTC`;
}

/** @param {Random} random */
function anyHours(random) {
  let rest = random() * 1000;
  for (const [hours, weight] of HOURS) {
    rest -= weight;
    if (rest < 0) return hours;
  }
  return String(Math.ceil(random() ** 2 * 450) / 100).replace(/^(\d+)$/, '$1.0');
}

/** @param {Random} random */
function anyProject(random) {
  if (random() < CODED_SHARE) return `project-${pad(skewed(CODED, 2.2, random))}`;
  const word = skewed(20, 2, random);
  // About one in fifty is typed wrongly: a neighbour in the list of misspellings.
  return (random() < 0.02 ? WORDS[20 + skewed(WORDS.length - 20, 1.6, random)] : WORDS[word]) ?? '';
}

/** Office hours, with a peak in the morning. @param {Random} random */
function microsOfDay(random) {
  const hour = random() < 0.93 ? 8 + 8 * random() ** 1.3 : 24 * random();
  return Math.floor(hour * 3_600_000_000 + random() * 1_000_000) % (DAY_MS * 1000);
}

/** @param {Random} random */
function sittingSize(random) {
  let size = 1;
  while (size < 27 && random() < 0.63) size++;
  return size;
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

const pad = (/** @type {number} */ number) => String(number).padStart(2, '0');
const sum = (/** @type {readonly number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);

/**
 * Writes header and rows to a stream, waiting whenever it is behind.
 * @param {import('node:stream').Writable} out
 * @param {{ rows?: number, seed?: number }} [options]
 */
export async function writeCheckins(out, options) {
  let chunk = `${HEADER}\n`;
  for (const row of checkins(options)) {
    chunk += `${row}\n`;
    if (chunk.length < 65_536) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  out.write(chunk);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: String(DEFAULT_ROWS) },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  });
  const out = values.out === undefined ? process.stdout : createWriteStream(values.out);
  await writeCheckins(out, { rows: Number(values.rows), seed: Number(values.seed) });
  if (values.out !== undefined) await finished(out.end());
}
