// @ts-check
// What only the real BigQuery can prove of target-bigquery: `node scripts/prove-bigquery.mjs --project my-project`. It makes a dataset of its own,
// loads into it, looks at what is there and drops it again (`--keep`: does not). It costs less than a cent. Credentials are the application's
// default, or those of `--credentials FILE`. `--upload-gb 2` also uploads so much. `--bucket NAME` proves gcs_stage, too, and leaves no file there.
// An emulator: `--api-endpoint http://… --compression none`, and `--storage-endpoint http://…`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';

const { values } = parseArgs({
  options: {
    project: { type: 'string' },
    location: { type: 'string', default: 'US' },
    credentials: { type: 'string' },
    'api-endpoint': { type: 'string' },
    bucket: { type: 'string' },
    'storage-endpoint': { type: 'string' },
    compression: { type: 'string', default: 'gzip' },
    'upload-gb': { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
  },
});
if (values.project === undefined) throw new Error('--project is needed');

const endpoint = values['api-endpoint'];
const dataset = `tapline_proof_${Date.now()}`;
const target = fileURLToPath(new URL('../bin/target-bigquery', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'tapline-proof-'));
const bigquery = new BigQuery({
  projectId: values.project,
  ...(values.credentials === undefined ? {} : { keyFilename: values.credentials }),
  ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
  ...(endpoint?.startsWith('http://') ? { authClient: new PassThroughClient() } : {}),
});

/** @type {(sql: string) => Promise<Record<string, unknown>[]>} */
const query = async (sql) =>
  (await bigquery.query({ query: sql.replaceAll('@d', `\`${dataset}\``), location: values.location }))[0];

/**
 * Loads messages; gives states and log. Throws if the run fails.
 * @param {readonly (object | string)[]} messages
 * @param {object} [settings]
 */
async function load(messages, settings = {}) {
  const config = join(folder, 'config.json');
  const { credentials, project, location, compression } = values;
  await writeFile(
    config,
    JSON.stringify({
      project,
      location,
      dataset,
      compression,
      denormalized: true,
      ...(credentials === undefined ? {} : { credentials_path: credentials }),
      ...(endpoint === undefined ? {} : { api_endpoint: endpoint }),
      ...settings,
    }),
  );
  const child = spawn(process.execPath, [target, '--config', config], { stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  for (const message of messages) child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  child.stdin.end();
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`the run ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return { states: stdout.trim().split('\n'), log: stderr };
}

/** @type {(stream: string, properties: object, keys?: readonly string[]) => object} */
const schema = (stream, properties, keys = ['id']) => ({
  type: 'SCHEMA',
  stream,
  schema: { type: 'object', properties },
  key_properties: keys,
});
/** @type {(stream: string, record: object) => object} */
const record = (stream, values) => ({ type: 'RECORD', stream, record: values });
const state = { type: 'STATE', value: { done: true } };

/** @type {(there: unknown, wanted: unknown) => void} */
function same(there, wanted) {
  const [a, b] = [there, wanted].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${a} is there, ${b} was expected`);
}

const INTEGER = { type: 'integer' };
const TEXT = { type: ['string', 'null'] };

/** What is proved, and how. @type {readonly (readonly [string, () => Promise<void>])[]} */
const proofs = [
  [
    'gzip files are loaded by a resumable upload, each row is counted, and the state follows',
    async () => {
      const { states } = await load([
        schema('first', { id: INTEGER }),
        record('first', { id: 1 }),
        record('first', { id: 2 }),
        state,
      ]);
      same(states, ['{"done":true}']);
      same(await query('SELECT COUNT(*) AS n FROM @d.first'), [{ n: 2 }]);
    },
  ],
  [
    'numbers, times, bytes and texts come back as they went',
    async () => {
      const properties = {
        id: INTEGER,
        d: { type: 'string', format: 'singer.decimal' },
        at: { type: 'string', format: 'date-time' },
        bytes: { type: 'string', contentEncoding: 'base64' },
        text: TEXT,
      };
      const row = `"id":9223372036854775807,"d":"12345678901234567890.123456789012345678","at":"2026-01-02T03:04:05.123456+02:00","bytes":"AP9/gA==","text":"é \\"\\n"`;
      await load([schema('values', properties), `{"type":"RECORD","stream":"values","record":{${row}}}`, state]);
      const columns = 'CAST(id AS STRING) AS id, CAST(d AS STRING) AS d, FORMAT_TIMESTAMP("%F %H:%M:%E6S", at) AS at, text';
      same(await query(`SELECT ${columns} FROM @d.values`), [
        {
          id: '9223372036854775807',
          d: '12345678901234567890.123456789012345678',
          at: '2026-01-02 01:04:05.123456',
          text: 'é "\n',
        },
      ]);
      same(await query('SELECT TO_HEX(bytes) AS hex FROM @d.values'), [{ hex: '00ff7f80' }]);
    },
  ],
  [
    'a text in a JSON column stays a text, and a list keeps its nulls',
    async () => {
      await load([
        schema('documents', { id: INTEGER, any: {} }),
        record('documents', { id: 1, any: '[1]' }),
        record('documents', { id: 2, any: [1, null] }),
        state,
      ]);
      same(await query('SELECT TO_JSON_STRING(any) AS text FROM @d.documents ORDER BY id'), [
        { text: '"[1]"' },
        { text: '[1,null]' },
      ]);
    },
  ],
  [
    'a run that is begun again with its run_id adds nothing twice',
    async () => {
      const messages = [schema('again', { id: INTEGER }), record('again', { id: 1 }), state];
      await load(messages, { run_id: dataset });
      await load(messages, { run_id: dataset });
      same(await query('SELECT COUNT(*) AS n FROM @d.again'), [{ n: 1 }]);
    },
  ],
  [
    'a required column is relaxed and others are added by one patch, and one is widened',
    async () => {
      await query('CREATE TABLE @d.grows (id INT64 NOT NULL, a INT64)');
      const properties = { id: INTEGER, a: { type: 'number' }, added: TEXT };
      await load([schema('grows', properties, []), record('grows', { a: 1.5, added: 'x' }), state]);
      same(await query('SELECT CAST(a AS FLOAT64) AS a, added FROM @d.grows WHERE id IS NULL'), [{ a: 1.5, added: 'x' }]);
    },
  ],
  [
    'several columns are widened by one statement',
    async () => {
      await query('CREATE TABLE @d.widens (id INT64, a INT64, b INT64)');
      const properties = { id: INTEGER, a: { type: 'number' }, b: { type: 'number', multipleOf: 0.01 } };
      await load([schema('widens', properties), record('widens', { id: 1, a: 1.5, b: 2.25 }), state]);
      same(await query('SELECT CAST(a AS FLOAT64) AS a, CAST(b AS FLOAT64) AS b FROM @d.widens'), [{ a: 1.5, b: 2.25 }]);
    },
  ],
  [
    'a row that BigQuery alone refuses goes to the quarantine, the others are loaded',
    async () => {
      await query('CREATE TABLE @d.short (id INT64, name STRING(3))');
      const rows = ['Ada', 'much too long', 'Bo'].map((name, id) => record('short', { id, name }));
      await load([schema('short', { id: INTEGER, name: TEXT }), ...rows, state], { on_bad_record: 'quarantine' });
      same(await query('SELECT name FROM @d.short ORDER BY id'), [{ name: 'Ada' }, { name: 'Bo' }]);
      same(await query('SELECT record FROM @d._sdc_quarantine'), [{ record: '{"id":1,"name":"much too long"}' }]);
    },
  ],
  [
    'an upsert writes only rows that differ',
    async () => {
      const of = schema('people', { id: INTEGER, name: TEXT });
      const settings = { load_method: 'upsert' };
      await load([of, record('people', { id: 1, name: 'Ada' }), record('people', { id: 2, name: 'Bo' }), state], settings);
      await load([of, record('people', { id: 2, name: 'Eve' }), record('people', { id: 1, name: 'Ada' }), state], settings);
      same(await query('SELECT name FROM @d.people ORDER BY id'), [{ name: 'Ada' }, { name: 'Eve' }]);
    },
  ],
  [
    'an overwrite replaces the rows and keeps what the table is described by',
    async () => {
      const settings = { load_method: 'overwrite' };
      const of = schema('whole', { id: INTEGER });
      await load([of, record('whole', { id: 1 }), state], settings);
      await bigquery.dataset(dataset).table('whole').setMetadata({ description: 'kept' });
      await load([of, record('whole', { id: 2 }), state], settings);
      same(await query('SELECT id FROM @d.whole'), [{ id: 2 }]);
      same((await bigquery.dataset(dataset).table('whole').getMetadata())[0].description, 'kept');
    },
  ],
];

/** By way of a bucket, if one is given. @type {(bucket: string) => typeof proofs} */
const staged = (bucket) => {
  const endpointOf = values['storage-endpoint'];
  const settings = {
    method: 'gcs_stage',
    bucket,
    bucket_prefix: dataset,
    staged_file_bytes: 65_536,
    compression: 'none',
    ...(endpointOf === undefined ? {} : { storage_endpoint: endpointOf }),
  };
  const text = 'x'.repeat(30_000);
  return [
    [
      'files in a bucket are loaded by one job, also gzip, and a run that is begun again adds nothing twice',
      async () => {
        const rows = Array.from({ length: 9 }, (_, id) => record('staged', { id, text }));
        const messages = [schema('staged', { id: INTEGER, text: TEXT }), ...rows, state];
        for (let run = 0; run < 2; run++) await load(messages, { ...settings, run_id: dataset });
        same(await query('SELECT COUNT(*) AS n, SUM(LENGTH(text)) AS size FROM @d.staged'), [{ n: 9, size: 270_000 }]);
        await load(messages, { ...settings, compression: 'gzip' });
        same(await query('SELECT COUNT(*) AS n FROM @d.staged'), [{ n: 18 }]);
      },
    ],
    [
      'a row that BigQuery alone refuses is found in the one of several files that has it',
      async () => {
        await query('CREATE TABLE @d.short_staged (id INT64, name STRING(50000))');
        const rows = Array.from({ length: 9 }, (_, id) => record('short_staged', { id, name: id === 7 ? text + text : text }));
        const messages = [schema('short_staged', { id: INTEGER, name: TEXT }), ...rows, state];
        await load(messages, { ...settings, on_bad_record: 'quarantine' });
        same(await query('SELECT COUNT(*) AS n, SUM(id) AS ids FROM @d.short_staged'), [{ n: 8, ids: 29 }]);
      },
    ],
  ];
};

/**
 * Uploads so many bytes at once: the one thing that takes long.
 * @param {number} gigabytes
 */
async function large(gigabytes) {
  const path = join(folder, 'large.jsonl');
  const file = createWriteStream(path);
  file.write(`${JSON.stringify(schema('large', { id: INTEGER, text: TEXT }))}\n`);
  const rows = Math.ceil((gigabytes * 1e9) / 10_000);
  const text = 'x'.repeat(9_950);
  for (let id = 0; id < rows; id++)
    if (!file.write(`${JSON.stringify(record('large', { id, text }))}\n`)) await once(file, 'drain');
  file.end(`${JSON.stringify(state)}\n`);
  await once(file, 'close');
  const config = join(folder, 'config.json');
  const child = spawn('sh', ['-c', '"$0" "$1" --config "$2" < "$3"', process.execPath, target, config, path], {
    stdio: 'inherit',
  });
  const [status] = await once(child, 'close');
  same(status, 0);
  same(await query('SELECT COUNT(*) AS n FROM @d.large'), [{ n: rows }]);
}

const all = [...proofs, ...(values.bucket === undefined ? [] : staged(values.bucket))];
let failed = 0;
/** @type {(what: string, proof: () => Promise<void>) => Promise<void>} */
async function prove(what, proof) {
  try {
    await proof();
    process.stdout.write(`ok      ${what}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
try {
  for (const [what, proof] of all) await prove(what, proof);
  const gigabytes = Number(values['upload-gb']);
  if (gigabytes > 0) {
    await load([schema('first', { id: INTEGER }), state], { compression: 'none', load_size_bytes: 4e9 });
    await prove(`${gigabytes} GB are uploaded in one file`, () => large(gigabytes));
  }
} finally {
  if (!values.keep) await bigquery.dataset(dataset).delete({ force: true });
  await rm(folder, { recursive: true });
}
process.stdout.write(`${all.length - failed} of ${all.length} proved${values.keep ? `; dataset ${dataset} is kept` : ''}\n`);
process.exitCode = failed === 0 ? 0 : 1;
