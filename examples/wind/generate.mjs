// @ts-check
// Makes a CSV of one-minute rows of a wind turbine, from 2026-02-20 on, as such sources are in life: minutes that are missing, sensors that
// fail for a while (null and NaN), rows that came late and stand at another place, a turbine that stands still. The same seed gives the same bytes.
//
//   node generate.mjs --rows 14400 --seed 1 --out data/minutes.csv    (ten days)
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const FIRST_DAY = '2026-02-20';
const MINUTE_MS = 60_000;
const SHARE_MISSING = 0.004;
const SHARE_LATE = 0.01;
const SHARE_FAILURE = 0.001;
/** Wind in m/s at which the turbine begins, gives all it can, and is stopped; its power in kW. */
const [CUT_IN, RATED, CUT_OUT, POWER] = [3, 12, 25, 2050];

/**
 * Lines of CSV, without header and newline: timestamp, wind_speed, power, ambient_temprature (as the source spells it).
 * @param {{ rows?: number, seed?: number }} [options] `rows`: minutes; fewer lines come out
 * @returns {string[]}
 */
export function minutes({ rows = 14_400, seed = 1 } = {}) {
  const random = randomFrom(seed);
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const late = [];
  let wind = 7;
  let failing = 0;
  for (let minute = 0; minute < rows; minute++) {
    const at = new Date(Date.parse(`${FIRST_DAY}T00:00:00Z`) + minute * MINUTE_MS);
    wind = Math.max(0, wind + (random() - 0.5) * 0.9 + (7.5 - wind) * 0.01);
    const share = wind < CUT_IN || wind > CUT_OUT ? 0 : Math.min(1, ((wind - CUT_IN) / (RATED - CUT_IN)) ** 3);
    const power = share * POWER * (0.97 + 0.06 * random()) - (share === 0 ? 8 : 0);
    const warmth = 6 + 5 * Math.sin(((minute % 1440) / 1440) * 2 * Math.PI) + random();
    if (failing === 0 && random() < SHARE_FAILURE) failing = 5 + Math.floor(random() * 40);
    if (failing > 0) failing--;
    if (random() < SHARE_MISSING) continue;
    const speed = failing > 0 ? (failing % 3 === 0 ? 'NaN' : '') : wind.toFixed(3);
    const line = [at.toISOString().slice(0, 19).replace('T', ' '), speed, power.toFixed(2), warmth.toFixed(1)].join(',');
    (random() < SHARE_LATE ? late : lines).push(line);
    if (late.length > 20) lines.push(...late.splice(0));
  }
  return [...lines, ...late];
}

/** The same numbers for the same seed (mulberry32). @param {number} seed @returns {() => number} */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '14400' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'data/minutes.csv' },
    },
  });
  mkdirSync(dirname(values.out), { recursive: true });
  const lines = minutes({ rows: Number(values.rows), seed: Number(values.seed) });
  writeFileSync(values.out, `timestamp,wind_speed,power,ambient_temprature\n${lines.join('\n')}\n`);
}
