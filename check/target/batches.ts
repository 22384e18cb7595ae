import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { check, type Check } from '../check.ts';
import { must, mustFail, mustSay, mustSucceed, sameJson } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { line, recordLine, schemaLine, stateLine } from '../messages.ts';
import { column, load, mustPrint } from './feed.ts';

const TARGET = ['target'] as const;
const STREAM = 'check_batches';
const SCHEMA = schemaLine(STREAM, { id: 'integer', text: 'string', at: { type: ['null', 'string'], format: 'date-time' } }, [
  'id',
]);
const BEFORE = { at: 'before' };
const AFTER = { at: 'after' };
const COMPRESSIONS = ['none', 'gzip'] as const;
type Compression = (typeof COMPRESSIONS)[number];

export const batchChecks: readonly Check[] = [
  check(159, 'BATCH files of the SDK', TARGET, async (lab) => {
    for (const compression of COMPRESSIONS) {
      const batch = await sdkBatch(lab, compression, [[1, 2], [3]]);
      const input = SCHEMA + recordLine(STREAM, { id: 9 }) + batch.message + stateLine(AFTER);
      const { ran, rows } = await load(lab, input, lab.perhaps('metadata'));
      mustSucceed(ran, `a BATCH, compression ${compression}`);
      mustPrint(ran, [AFTER]);
      const stored = await rows(STREAM);
      must(sameJson(column(stored, 'id'), ['1', '2', '3', '9']), `${compression}: stored are ${column(stored, 'id').join(', ')}`);
      const text = stored.find((one) => one['id'] === '2')?.['text'];
      must(text === 'text 2', `${compression}: a text is stored as ${String(text)}`);
      const received = stored.filter((one) => (one['_sdc_received_at'] ?? null) !== null).length;
      must(!lab.can('metadata') || received === 4, `${received} of 4 rows have metadata`);
    }
    const wrong = await sdkBatch(lab, 'none', [[1]], { text: 17 });
    const { ran } = await load(lab, SCHEMA + wrong.message + stateLine(AFTER));
    mustFail(ran, 'a BATCH with a row that breaks its schema');
    mustPrint(ran, []);
    if (!lab.can('upsert')) return;
    const middle = await sdkBatch(lab, 'gzip', [[1], [2]], { text: 'batch' });
    const around =
      SCHEMA + recordLine(STREAM, { id: 1, text: 'early' }) + middle.message + recordLine(STREAM, { id: 2, text: 'late' });
    const ordered = await load(lab, around, lab.way('upsert'));
    mustSucceed(ordered.ran, 'a BATCH between records');
    const kept = Object.fromEntries((await ordered.rows(STREAM)).map((one) => [one['id'], one['text']]));
    must(sameJson(kept, { 1: 'batch', 2: 'late' }), `records and BATCH must keep their order: ${JSON.stringify(kept)}`);
  }),
  check(160, 'BATCH files of pipelinewise', TARGET, async (lab) => {
    for (const compression of [undefined, ...COMPRESSIONS]) {
      const path = await records(lab, compression ?? 'none', [1, 2, 3]);
      const message = line({
        type: 'BATCH',
        stream: STREAM,
        filepath: path,
        batch_size: 3,
        time_extracted: '2026-01-02T03:04:05Z',
        ...(compression === undefined ? {} : { format: 'jsonl', compression }),
      });
      const { ran, rows } = await load(lab, SCHEMA + message + stateLine(AFTER));
      mustSucceed(ran, `a BATCH with filepath, compression ${compression ?? 'not named'}`);
      mustPrint(ran, [AFTER]);
      must(sameJson(column(await rows(STREAM), 'id'), ['1', '2', '3']), 'all rows must be there');
    }
  }),
  check(161, 'a BATCH that cannot be read', TARGET, async (lab) => {
    const [url] = (await sdkBatch(lab, 'none', [[1]])).urls;
    const broken = pathToFileURL(await lab.file('broken.jsonl.gz', gzipSync('{"id":1}\n').subarray(0, 12))).href;
    const cases = [
      { encoding: { format: 'papyrus', compression: 'none' }, manifest: [url], says: ['papyrus', 'jsonl'] },
      { encoding: { format: 'jsonl', compression: 'squash' }, manifest: [url], says: ['squash'] },
      {
        encoding: { format: 'jsonl', compression: 'none' },
        manifest: [`file://${lab.dir}/check-gone.jsonl`],
        says: ['check-gone.jsonl'],
      },
      { encoding: { format: 'jsonl', compression: 'gzip' }, manifest: [broken], says: ['broken.jsonl.gz'] },
      {
        encoding: { format: 'jsonl', compression: 'none' },
        manifest: ['nowhere://check/gone.jsonl'],
        says: ['nowhere://check/gone.jsonl'],
      },
    ];
    for (const { encoding, manifest, says } of cases) {
      const { config } = await lab.destination();
      const batch = line({ type: 'BATCH', stream: STREAM, encoding, manifest });
      const ran = await lab.run({ config, input: SCHEMA + stateLine(BEFORE) + batch + stateLine(AFTER) });
      mustFail(ran, `a BATCH of ${JSON.stringify(encoding)}`);
      mustSay(ran, says.slice(0, 1));
      must(!ran.stdout.includes(JSON.stringify(AFTER)), 'a state after the BATCH is printed');
    }
  }),
  check(162, 'BATCH files stay until they are loaded', TARGET, async (lab) => {
    const isThere = async (path: string): Promise<boolean> =>
      access(path).then(
        () => true,
        () => false,
      );
    const kept = await sdkBatch(lab, 'none', [[1]]);
    const { ran } = await load(lab, SCHEMA + kept.message + stateLine(AFTER));
    mustSucceed(ran);
    must(await isThere(kept.paths[0]!), 'a file is removed that nobody asked to remove');
    const settings = lab.way('delete-batch-files');
    const spared = await sdkBatch(lab, 'none', [[1]]);
    const failed = await load(lab, SCHEMA + spared.message + recordLine('check_unannounced', { id: 1 }), settings);
    mustFail(failed.ran);
    must(await isThere(spared.paths[0]!), 'a file is removed though the run failed before its rows were committed');
    const removed = await sdkBatch(lab, 'none', [[1]]);
    mustSucceed((await load(lab, SCHEMA + removed.message + stateLine(AFTER), settings)).ran);
    must(!(await isThere(removed.paths[0]!)), 'the file is still there after the commit');
  }),
];

/** Writes bare records, one per line, and gives the path of the file. */
async function records(
  lab: Lab,
  compression: Compression,
  ids: readonly number[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const text = ids.map((id) => `${JSON.stringify({ id, text: `text ${id}`, at: '2026-01-02T03:04:05Z', ...more })}\n`).join('');
  const name = `batch-${randomUUID()}.jsonl`;
  return compression === 'gzip' ? lab.file(`${name}.gz`, gzipSync(text)) : lab.file(name, text);
}

/** A BATCH message of the SDK with one file for each list of ids. */
async function sdkBatch(
  lab: Lab,
  compression: Compression,
  files: readonly (readonly number[])[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly message: string; readonly paths: readonly string[]; readonly urls: readonly string[] }> {
  const paths: string[] = [];
  for (const ids of files) paths.push(await records(lab, compression, ids, more));
  const urls = paths.map((path) => pathToFileURL(path).href);
  const message = line({ type: 'BATCH', stream: STREAM, encoding: { format: 'jsonl', compression }, manifest: urls });
  return { message, paths, urls };
}
