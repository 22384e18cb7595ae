// @ts-check
// Fetches a window of the source's measurements over HTTP, as JSON lines, for those who may not read its database. The file is there when
// all pages have come, never before.
//
//   WIND_API=http://127.0.0.1:8080 PARTITION_START=2026-02-20 PARTITION_END=2026-02-21 node fetch.mjs wind_speed power
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';

const TIMEOUT_MS = 30_000;

const { WIND_API: api, PARTITION_START: from = '', PARTITION_END: before = '' } = process.env;
const file = `data/${from}_${before}.jsonl`;
try {
  if (!api) throw new Error('WIND_API is not set: http://host:port');
  for (const [name, value] of Object.entries({ PARTITION_START: from, PARTITION_END: before }))
    if (!/^\d{4}-\d\d-\d\d[\d:.TZ+-]*$/.test(value)) throw new Error(`${name} is not set, or no day: 2026-02-20`);
  await mkdir('data', { recursive: true });
  // What an earlier run has fetched must not be taken for what this one could not.
  await rm(file, { force: true });
  await pipeline(lines(api, process.argv.slice(2)), createWriteStream(`${file}.part`));
  await rename(`${file}.part`, file);
} catch (error) {
  await rm(`${file}.part`, { force: true });
  process.stderr.write(`The measurements cannot be fetched: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/**
 * One line for each measurement, page after page.
 * @param {string} base @param {readonly string[]} signals
 */
async function* lines(base, signals) {
  for (let cursor = ''; cursor !== null;) {
    const url = new URL('/measurements', base);
    for (const [name, value] of Object.entries({ from, before, cursor })) if (value !== '') url.searchParams.append(name, value);
    for (const signal of signals) url.searchParams.append('signals', signal);
    const { measurements, next } = await page(url);
    for (const measurement of measurements) yield `${JSON.stringify(measurement)}\n`;
    cursor = next;
  }
}

/** @param {URL} url @returns {Promise<{ measurements: object[], next: string }>} `next` is null on the last page */
async function page(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error) => {
    throw new Error(`${url.origin} does not answer: ${error.cause?.message ?? error.message}`);
  });
  /** @type {any} */
  const answer = await response.json().catch(() => ({}));
  // A proxy may say that all is well, and something else.
  if (response.ok && Array.isArray(answer?.measurements) && answer.next !== undefined) return answer;
  throw new Error(`${url.origin} says ${response.status}: ${answer?.message ?? 'nothing that can be read'}`);
}
