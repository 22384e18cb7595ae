import { check, type Check } from '../check.ts';
import { must, mustSucceed } from '../expect.ts';
import { line, recordLine, schemaLine } from '../messages.ts';
import { load } from './feed.ts';

const STREAM = 'check_metadata';
const EXTRACTED = '2026-01-02T03:04:05.678Z';
const VERSION = 1_700_000_000_000;

export const metadataChecks: readonly Check[] = [
  check(157, 'metadata columns have their meaning', ['target'], async (lab) => {
    const record = line({ type: 'RECORD', stream: STREAM, record: { id: 1 }, time_extracted: EXTRACTED, version: VERSION });
    const input = schemaLine(STREAM, { id: 'integer' }) + record + recordLine(STREAM, { id: 2 });
    const began = Date.now();
    const { ran, rows } = await load(lab, input, { add_record_metadata: true });
    mustSucceed(ran);
    const ended = Date.now();
    const row = (await rows(STREAM)).find((one) => one['id'] === '1') ?? {};
    const time = (name: string): number => Date.parse((row[name] ?? '').replace(/([+-]\d\d)$/, '$1:00'));
    const during = (at: number): boolean => at >= began - 1000 && at <= ended + 1000;
    must(time('_sdc_extracted_at') === Date.parse(EXTRACTED), `_sdc_extracted_at is ${String(row['_sdc_extracted_at'])}`);
    for (const name of ['_sdc_received_at', '_sdc_batched_at']) must(during(time(name)), `${name} is ${String(row[name])}`);
    for (const name of ['_sdc_sequence', '_sdc_sync_started_at'])
      must(during(Number(row[name])), `${name} is ${String(row[name])}`);
    must(row['_sdc_table_version'] === String(VERSION), `_sdc_table_version is ${String(row['_sdc_table_version'])}`);
    must('_sdc_deleted_at' in row && row['_sdc_deleted_at'] === null, '_sdc_deleted_at must be there and null');
    const without = await load(lab, input, { add_record_metadata: false });
    mustSucceed(without.ran);
    const stray = Object.keys((await without.rows(STREAM))[0] ?? {}).filter((name) => name.startsWith('_sdc_'));
    must(stray.length === 0, `without add_record_metadata ${stray.join(', ')} are there`);
  }),
];
