// CSV to RECORD lines, alone: our tap's own lanes against csv-parse making objects and JSON.stringify. Built sources are needed.
// node bench/csv-to-records.mjs [--rows 1000000] [--rounds 3] [--file F] [--dist DIR]
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    file: { type: 'string' },
    dist: { type: 'string', default: 'dist' },
    'peer-rows': { type: 'string', default: '300000' },
  },
});
const dist = resolve(values.dist);
const { openStreams } = await import(join(dist, 'taps/csv/stream.js'));
const { USUAL } = await import(join(dist, 'taps/csv/format.js'));
const { fileSettings } = await import(join(dist, 'taps/csv/settings.js'));

const folder = mkdtempSync(join(tmpdir(), 'csv-to-records-'));
const HEAD = Buffer.from('{"type":"RECORD","stream":"resale","record":');
const TAIL = Buffer.from(',"time_extracted":"2026-01-01T00:00:00.000000Z"}\n');
const silent = { debug() {}, info() {}, warn() {}, error() {}, warnOnce() {}, conceal() {} };

try {
  const file = values.file ?? resale(Number(values.rows), 'resale.csv');
  const peerFile = values.file ?? resale(Number(values['peer-rows']), 'peer.csv');
  const rates = { fast: [], general: [], csvParse: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    rates.fast.push(await timed(() => ours(file, true)));
    rates.general.push(await timed(() => ours(peerFile, false)));
    rates.csvParse.push(await timed(() => peer(peerFile)));
  }
  const base = median(rates.csvParse);
  for (const [name, list] of Object.entries(rates)) {
    const rate = median(list);
    process.stdout.write(`${name.padEnd(10)} ${(rate / 1000).toFixed(0).padStart(6)} k rows/s  ${(rate / base).toFixed(1)} x\n`);
  }
  process.stdout.write(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB (all three in one process)\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A file of eleven narrow columns, the same at every run. */
function resale(rows, name) {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const lines = [
    'month,town,flat_type,block,street_name,storey_range,floor_area_sqm,flat_model,lease_commence_date,remaining_lease,resale_price\n',
  ];
  let seed = 42;
  const next = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % n;
  const towns = ['ANG MO KIO', 'BEDOK', 'BISHAN', 'BUKIT BATOK', 'CLEMENTI', 'TAMPINES', 'WOODLANDS', 'YISHUN'];
  for (let row = 0; row < rows; row++) {
    const month = `${2015 + next(9)}-${String(1 + next(12)).padStart(2, '0')}`;
    lines.push(
      `${month},${towns[next(8)]},${2 + next(4)} ROOM,${1 + next(900)},${towns[next(8)]} AVE ${1 + next(12)},0${1 + next(9)} TO 1${next(10)},${40 + next(120)}.0,Improved,${1970 + next(45)},${50 + next(45)} years ${next(12)} months,${200000 + next(900000)}.0\n`,
    );
  }
  writeFileSync(path, lines.join(''));
  return path;
}

async function ours(path, fastLane) {
  const entry = { ...Object.fromEntries(Object.entries(fileSettings).map(([name, s]) => [name, s.default])), entity: 'resale' };
  const signal = new AbortController().signal;
  const run = { name: 'tap-csv', version: '0', log: silent, signal };
  const [stream] = await openStreams([{ ...entry, paths: [path], exclude: [], zipMembers: [], keys: [] }], false, run, {
    ...USUAL,
    fastLane,
  });
  const request = {
    method: 'INCREMENTAL',
    replicationKey: undefined,
    bookmark: undefined,
    keys: [],
    schema: stream.schema,
    whole: true,
    columns: Object.keys(stream.schema.properties),
    limit: undefined,
    envelope: () => ({ head: HEAD, tail: TAIL }),
    signal,
    log: silent,
  };
  let rows = 0;
  for await (const batch of stream.read(request)) rows += batch.lines?.records ?? 0;
  return rows;
}

async function peer(path) {
  let rows = 0;
  let bytes = 0;
  const head = HEAD.toString();
  const tail = TAIL.toString();
  for await (const row of createReadStream(path).pipe(parse({ columns: true }))) {
    bytes += (head + JSON.stringify(row) + tail).length;
    rows++;
  }
  if (bytes === 0) throw new Error('nothing was read');
  return rows;
}

async function timed(work) {
  const start = process.hrtime.bigint();
  const rows = await work();
  return rows / (Number(process.hrtime.bigint() - start) / 1e9);
}

function median(list) {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}
