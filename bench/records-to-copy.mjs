// RECORD lines to COPY text, alone, in memory: the ways a line can take, against JSON.parse of the same lines. Built sources are needed.
// node bench/records-to-copy.mjs [--megabytes 40] [--rounds 7] [--dist DIR] [--only WAY]
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '7' },
    dist: { type: 'string', default: 'dist' },
    only: { type: 'string', default: '' },
  },
});
const load = (module) => import(join(resolve(values.dist), module));
const { createCopyEncoder } = await load('targets/postgres/copy/encoder.js');
const { columnType, METADATA_COLUMNS } = await load('targets/postgres/types/types.js');
const { columnsOf } = await load('singer/target/schema.js');
const { parseExact } = await load('singer/json-text.js');
const { createValidator } = await load('singer/target/validate.js');
const { createRecordScanner } = await load('singer/scan/record-scanner.js');
const { BlockPool, ByteBlocks } = await load('singer/target/blocks.js');

const CHUNK_BYTES = 256 * 1024;
/** More lines than there are: no shape is ever learned, and every line is read name by name. */
const NEVER = 1e9;
/** Lines of the slow ways, which need fewer to be measured. */
const FEW = 20_000;

const TEXT = { type: ['null', 'string'] };
const TIME = '2026-11-21T06:00:00.000000Z';
const pick = (list, i) => list[i % list.length];
const TOWNS = ['ANG MO KIO', 'BEDOK', 'BUKIT MERAH', 'CHOA CHU KANG', 'YISHUN'];

/** Eleven narrow columns of text, as a CSV tap sends them. */
const resale = {
  row: (i) => ({
    month: `2017-0${1 + (i % 9)}`, town: pick(TOWNS, i), flat_type: `${1 + (i % 5)} ROOM`, block: String(100 + (i % 800)), street_name: `${pick(TOWNS, i)} AVE ${i % 10}`, storey_range: '10 TO 12',
    floor_area_sqm: String(44 + (i % 90)), flat_model: 'Improved', lease_commence_date: String(1970 + (i % 40)), remaining_lease: `${60 + (i % 30)} years 0${i % 10} months`, resale_price: String(200_000 + ((i * 7) % 500_000)),
  }),
  type: () => TEXT,
}; // prettier-ignore

const CUSTOMER = {
  id: { type: 'integer' },
  score: { type: ['null', 'number'] },
  active: { type: 'boolean' },
  created_at: { type: 'string', format: 'date-time' },
  born: { type: ['null', 'string'], format: 'date' },
  key: { type: 'string', format: 'uuid' },
};
/** Twelve columns of many types, with quotes, unicode and nulls. */
const customers = {
  row: (i) => ({
    id: i, name: pick(['Anna "Ann" Olsson', 'José Ñandú', 'Plain Name', 'Тамара'], i), email: `user${i}@example.org`, note: i % 3 === 0 ? null : `Line one\nline two of ${i}`, city: pick(['Zürich', 'Oslo', 'Riga'], i), phone: null,
    score: i / 8, active: i % 2 === 0, created_at: '2024-05-01T10:00:00.123456+02:00', born: i % 4 === 0 ? null : '1980-02-29', key: '123e4567-e89b-12d3-a456-426614174000', comment: 'A sentence that is somewhat longer than the other values of a row.',
  }),
  type: (name) => CUSTOMER[name] ?? TEXT,
}; // prettier-ignore

const ways = {
  'resale': () => lines(resale, {}),
  'resale, metadata columns': () => lines(resale, { metadata: METADATA_COLUMNS }),
  'resale, nulls left out': () => lines(resale, { drop: true }),
  'resale, shape not learned': () => lines(resale, { learnAfter: NEVER }),
  'resale, general lane': () => general(resale),
  'resale, check and place only': () => scan(resale),
  'resale, JSON.parse only': () => parse(resale),
  'customers': () => lines(customers, {}),
  'customers, escaped beyond ASCII': () => lines(customers, { ascii: true }),
  'customers, general lane': () => general(customers),
  'customers, JSON.parse only': () => parse(customers),
}; // prettier-ignore

const validators = createValidator();
for (const [name, prepare] of Object.entries(ways).filter(([name]) => name.includes(values.only))) {
  const { run, bytes } = prepare();
  const times = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const before = process.cpuUsage();
    const rows = run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / rows);
  }
  const time = times.toSorted((a, b) => a - b)[times.length >> 1];
  const rate = `${(1000 / time).toFixed(0).padStart(6)} k rows/s  ${(bytes / time).toFixed(0).padStart(5)} MB/s`;
  process.stdout.write(`${name.padEnd(32)} ${(time * 1000).toFixed(0).padStart(6)} ns of processor time a row  ${rate}\n`);
}

/** Lines of a table in chunks, as a pipe gives them. */
function chunksOf({ row }, { drop = false, ascii = false } = {}) {
  const texts = [];
  for (let i = 0, size = 0; size < Number(values.megabytes) * 1e6; i++) {
    const record = row(i);
    if (drop) for (const [k, name] of Object.keys(record).entries()) if (k > 0 && (i * 7 + k) % 5 === 0) delete record[name];
    let text = `${JSON.stringify({ type: 'RECORD', stream: 's', record, time_extracted: TIME })}\n`;
    if (ascii) text = text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    texts.push(text);
    size += text.length;
  }
  const all = Buffer.from(texts.join(''));
  const chunks = [];
  for (let at = 0; at < all.length;) {
    const end = all.lastIndexOf(10, Math.min(all.length, at + CHUNK_BYTES) - 1) + 1;
    chunks.push(Buffer.from(all.subarray(at, end)));
    at = end;
  }
  return { texts, chunks, bytes: all.length / texts.length };
}

function headerOf({ row, type }) {
  const properties = Object.fromEntries(Object.keys(row(0)).map((name) => [name, type(name)]));
  const schema = { type: 'object', properties };
  return { stream: 's', schema, columns: columnsOf(schema), keys: [] };
}

function encoderOf(header, metadata, learnAfter) {
  const now = new Date();
  const columns = header.columns.map((column) => ({
    name: column.name,
    target: column.name,
    pgType: columnType(column).type,
    column,
  }));
  const options = { validated: true, nulPolicy: 'strip', timePolicy: 'fail', onChange() {}, ...(learnAfter && { learnAfter }) };
  return createCopyEncoder(
    { header, columns, metadata },
    { startedAt: now, clock: { receivedAt: now, batchedAt: now } },
    options,
  );
}

function lines(table, { metadata = [], learnAfter, ...form }) {
  const { chunks, bytes } = chunksOf(table, form);
  const encoder = encoderOf(headerOf(table), metadata, learnAfter);
  const pool = new BlockPool();
  const run = () => {
    const out = new ByteBlocks(pool);
    let rows = 0;
    for (const chunk of chunks) {
      if (encoder.encodeLines(chunk, 0, chunk.length, out) !== chunk.length)
        throw new Error('A line was left to the general lane');
      rows += out.rows;
      pool.give(out.takeAll().blocks);
    }
    return rows;
  };
  return { run, bytes };
}

function general(table) {
  const { texts, bytes } = chunksOf(table);
  const header = headerOf(table);
  const encoder = encoderOf(header, []);
  const pool = new BlockPool();
  const few = texts.slice(0, FEW).map((text) => Buffer.from(text));
  const run = () => {
    const out = new ByteBlocks(pool);
    for (const line of few) {
      const message = parseExact(line.toString());
      if (validate(message.record) !== undefined) throw new Error('A record is not valid');
      encoder.encode(
        message.record,
        { timeExtracted: message.time_extracted, version: undefined, line, recordStart: 0, recordEnd: 0 },
        out,
      );
    }
    pool.give(out.takeAll().blocks);
    return few.length;
  };
  const validate = validators(header.schema);
  return { run, bytes };
}

function scan(table) {
  const { chunks, bytes } = chunksOf(table);
  const scanner = createRecordScanner(headerOf(table), { validated: true });
  const run = () => {
    let rows = 0;
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at = scanner.lineEnd, rows++)
        if (!scanner.scan(chunk, at, chunk.length)) throw new Error('A line was refused');
    }
    return rows;
  };
  return { run, bytes };
}

function parse(table) {
  const { texts, bytes } = chunksOf(table);
  const few = texts.slice(0, FEW).map((text) => Buffer.from(text));
  const run = () => {
    let fields = 0;
    for (const line of few) fields += Object.keys(JSON.parse(line.toString()).record).length;
    if (fields === 0) throw new Error('Nothing was read');
    return few.length;
  };
  return { run, bytes };
}
