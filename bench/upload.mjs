// Uploads a file as target-bigquery does; says the seconds it took. Built sources are needed.
//   node bench/upload.mjs URL FILE
import { statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { openApi } from '../dist/clients/bigquery/connect.js';
import { uploadJob } from '../dist/targets/bigquery/methods/batch-job.js';

const [url, path] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error() {}, warnOnce() {}, conceal() {} };
const run = { name: 'bench', version: '0', log, signal: new AbortController().signal };
const api = await openApi({ project: 'p', api_endpoint: url, timeout: 600, max_retries: 0 }, run);
const job = { jobReference: { projectId: 'p', jobId: 'bench', location: 'US' }, configuration: {} };
const sending = (file, what) => ({ file: { path: file, bytes: statSync(file).size, rows: 0 }, what, place: {} });
const { size } = statSync(path);
// The first connection, and what is compiled at first.
await uploadJob(api, job, sending(process.argv[1], 'Warming up'));
const start = performance.now();
const { bytes } = await uploadJob(api, job, sending(path, 'Uploading'));
if (bytes !== size) throw new Error(`${bytes} bytes have come of ${size}`);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - start) / 1000 }), () => process.exit());
