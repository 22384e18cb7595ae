import { check, type Check } from '../check.ts';
import { must, mustSucceed, sameJson } from '../expect.ts';
import { line, parse, recordLine, schemaLine } from '../messages.ts';
import { load } from './feed.ts';

const STREAM = 'check_metadata';
const EXTRACTED = '2026-01-02T03:04:05.678Z';
const VERSION = 1_700_000_000_000;

export const metadataChecks: readonly Check[] = [
  check(157, 'metadata columns have their meaning', ['target'], async (lab) => {
    const record = line({ type: 'RECORD', stream: STREAM, record: { id: 1 }, time_extracted: EXTRACTED, version: VERSION });
    const input = schemaLine(STREAM, { id: 'integer' }) + record + recordLine(STREAM, { id: 2 });
    const began = Date.now();
    const { ran, rows } = await load(lab, input, lab.way('metadata'));
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
    const without = await load(lab, input, lab.way('no-metadata'));
    mustSucceed(without.ran);
    const stray = Object.keys((await without.rows(STREAM))[0] ?? {}).filter((name) => name.startsWith('_sdc_'));
    must(stray.length === 0, `without add_record_metadata ${stray.join(', ')} are there`);
  }),
  check(158, 'nested members become columns', ['target'], async (lab) => {
    // More than any destination takes as a name; they differ at the end only.
    const long = (end: string): string => `${'long_name_'.repeat(40)}${end}`;
    const text = { type: ['null', 'string'] };
    const object = (properties: Readonly<Record<string, unknown>>): object => ({ type: ['null', 'object'], properties });
    const input =
      schemaLine(STREAM, {
        id: 'integer',
        a: object({ b: object({ c: object({ d: { type: ['null', 'integer'] } }) }), e: text }),
        list: { type: ['null', 'array'] },
        wide: object({ [long('x')]: text, [long('y')]: text }),
      }) +
      recordLine(STREAM, {
        id: 1,
        a: { b: { c: { d: 4 } }, e: 'text' },
        list: [{ f: 1 }],
        wide: { [long('x')]: 'first', [long('y')]: 'second' },
      }) +
      recordLine(STREAM, { id: 2, a: null });
    const { ran, rows } = await load(lab, input, lab.way('flatten'));
    mustSucceed(ran);
    const stored = await rows(STREAM);
    const row = stored.find((one) => one['id'] === '1') ?? {};
    must(row['a__e'] === 'text', `a.e must be the column a__e: ${JSON.stringify(row)}`);
    must(sameJson(parse(row['a__b__c'] ?? ''), { d: 4 }), `below two levels JSON must stay: ${JSON.stringify(row)}`);
    must(sameJson(parse(row['list'] ?? ''), [{ f: 1 }]), `arrays must stay JSON: ${JSON.stringify(row['list'])}`);
    const values = Object.values(row);
    must(values.includes('first') && values.includes('second'), `long names must stay apart: ${JSON.stringify(row)}`);
    const empty = stored.find((one) => one['id'] === '2');
    must(empty !== undefined && (empty['a__e'] ?? null) === null, `a missing object gives nulls: ${JSON.stringify(empty)}`);
  }),
];
