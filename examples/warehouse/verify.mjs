// @ts-check
// What the pipelines must have made, worked out from the sources by other means than theirs: plain JavaScript over the generator's rows.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** @typedef {import('./generate.mjs').Resale} Resale */
/** @typedef {{ repo: string, id: number, tag_name: string, body: string | null, published_at: string | null }} Release */

const TYPES = /** @type {const} */ (['feature', 'bug', 'performance']);
/** Prices per square metre have two digits. */
const HALF_A_CENT = 0.005_001;

/** "61 years 04 months", "61 years" and "61" as months. @param {string} text */
export function leaseMonths(text) {
  const [years = '', , months = '0'] = text.split(' ');
  return Number(years) * 12 + Number(months);
}

/** Null where the area is 0. @param {Resale} row */
export function pricePerSquareMetre({ resale_price, floor_area_sqm }) {
  return Number(floor_area_sqm) === 0 ? null : Number(resale_price) / Number(floor_area_sqm);
}

/**
 * What is wrong with the file of sales: each must be there once, in the source's order, with what was made of it.
 * @param {string} file @param {Iterable<Resale>} expected by time of change, then id
 * @returns {Promise<string[]>}
 */
export async function wrongSales(file, expected) {
  const problems = [];
  const rows = expected[Symbol.iterator]();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    /** @type {Resale | undefined} */
    const row = rows.next().value;
    if (row === undefined) return [...problems, `${file} has more lines than the table rows`];
    if (!isSale(JSON.parse(line), row)) problems.push(`${file}: the line of the sale ${row.id} is wrong: ${line}`);
    if (problems.length === 10) return problems;
  }
  return rows.next().done === true ? problems : [...problems, `${file} lacks lines`];
}

/** @param {Record<string, unknown>} made @param {Resale} row */
function isSale(made, row) {
  const perSquareMetre = pricePerSquareMetre(row);
  const [low, high] = row.storey_range.split(' TO ');
  const { price_per_sqm: price, created_at, updated_at, ...rest } = made;
  const expected = {
    ...row,
    month: `${row.month}-01`,
    floor_area_sqm: Number(row.floor_area_sqm),
    resale_price: Number(row.resale_price),
    storey_low: Number(low),
    storey_high: Number(high),
    remaining_lease_months: leaseMonths(row.remaining_lease),
  };
  const { created_at: created, updated_at: updated, ...others } = expected;
  return (
    sameMembers(rest, others) &&
    sameTime(created_at, created) &&
    sameTime(updated_at, updated) &&
    (perSquareMetre === null ? price === null : typeof price === 'number' && Math.abs(price - perSquareMetre) <= HALF_A_CENT)
  );
}

/** @param {Record<string, unknown>} a @param {Record<string, unknown>} b */
function sameMembers(a, b) {
  const names = Object.keys(b);
  return Object.keys(a).length === names.length && names.every((name) => a[name] === b[name]);
}

/** To the microsecond. @param {unknown} text as the tap writes it @param {string} expected as the generator does */
function sameTime(text, expected) {
  const micros = (/** @type {string} */ time) => {
    const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?(?:Z|\+00:00)$/.exec(time) ?? [];
    return `${seconds}.${fraction.padEnd(6, '0')}`;
  };
  return typeof text === 'string' && micros(text) === micros(expected);
}

/**
 * What is wrong with the file of releases, in any order.
 * @param {string} file @param {readonly Release[]} expected
 * @returns {Promise<string[]>}
 */
export async function wrongReleases(file, expected) {
  const lines = [];
  for await (const line of createInterface({ input: createReadStream(file) })) lines.push(line);
  const made = new Map(lines.map((line) => [JSON.parse(line).id, line]));
  const problems = lines.length === expected.length ? [] : [`${file} has ${lines.length} lines, not ${expected.length}`];
  for (const { repo, id, tag_name, body, published_at } of expected) {
    const facts = Object.fromEntries(TYPES.map((type) => [`is_${type}`, body !== null && body.split(type).length > 1]));
    const line = JSON.stringify({ repo, id, version: tag_name, summary: body, published_at, ...facts });
    if (made.get(id) !== line) problems.push(`${file}: release ${id} is wrong: ${made.get(id)}`);
  }
  return problems;
}

/** By repository and type, how many releases speak of it. @param {readonly Release[]} releases */
export function releaseTypes(releases) {
  return [...new Set(releases.map(({ repo }) => repo))].flatMap((repo) =>
    TYPES.map((type) => ({
      repo,
      type,
      releases: releases.filter(
        (release) => release.repo === repo && release.body !== null && release.body.split(type).length > 1,
      ).length,
    })),
  );
}

/**
 * By town and type of flat: number of sales, and the means of price, area and price of a square metre.
 * @param {Iterable<Resale>} rows
 */
export function categories(rows) {
  /** @type {Map<string, { sales: number, price: number, area: number, perSquareMetre: number, withArea: number }>} */
  const found = new Map();
  for (const row of rows) {
    const name = `${row.town}, ${row.flat_type}`;
    const sums = found.get(name) ?? { sales: 0, price: 0, area: 0, perSquareMetre: 0, withArea: 0 };
    found.set(name, sums);
    const price = pricePerSquareMetre(row);
    sums.sales++;
    sums.price += Number(row.resale_price);
    sums.area += Number(row.floor_area_sqm);
    sums.perSquareMetre += price ?? 0;
    sums.withArea += price === null ? 0 : 1;
  }
  return new Map(
    Array.from(found, ([name, { sales, price, area, perSquareMetre, withArea }]) => [
      name,
      { sales, price: price / sales, area: area / sales, perSquareMetre: withArea === 0 ? null : perSquareMetre / withArea },
    ]),
  );
}
