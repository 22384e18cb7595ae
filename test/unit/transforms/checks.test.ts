import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type JsonObject, parseExact, QualityError } from '../../../singer/index.ts';
import { ownLines } from './own-lines.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { expectValid } from './valid.ts';

const ROWS = schemaOf(
  's',
  {
    id: { type: ['integer', 'null'] },
    n: { type: ['number', 'null'] },
    t: { type: ['string', 'null'] },
    tags: { type: 'array' },
  },
  [],
);
const rows = (...records: JsonObject[]): JsonObject[] => [ROWS, ...records.map((record) => recordOf('s', record))];
const folder = (): string => mkdtempSync(join(tmpdir(), 'checks-'));

/** What the report says of the checks of a run that may fail. */
async function reported(checks: readonly JsonObject[], input: readonly (JsonObject | string)[], more: JsonObject = {}) {
  const file = join(folder(), 'report.json');
  const config = { transforms: { s: { checks } }, report: file, ...more };
  let error: unknown;
  const result = await transform(config, input).catch((thrown: unknown) => void (error = thrown));
  return { report: JSON.parse(readFileSync(file, 'utf8')), result, error };
}

describe('checks of a value', () => {
  test.each<[JsonObject, JsonObject, boolean]>([
    [{ not_null: 'n' }, { n: null }, false],
    [{ not_null: 'n' }, {}, false],
    [{ not_null: ['id', 'n'] }, { id: 1, n: 2 }, true],
    [{ in_set: { field: 'n', values: [1, 2] } }, { n: parseExact('1.0') }, true],
    [{ in_set: { field: 't', values: [1] } }, { t: '1' }, false],
    [{ in_set: { field: 't', values: ['a'] } }, { t: null }, true],
    [{ not_in_set: { field: 't', values: ['a'] } }, { t: 'a' }, false],
    [{ between: { field: 'n', range: [0, 24] } }, { n: 24 }, true],
    [{ between: { field: 'n', range: [0, 24] } }, { n: parseExact('24.00000000000000000001') }, false],
    [{ between: { field: 'n', range: [0, 24] } }, { n: parseExact('1e400') }, false],
    [{ between: { field: 'n', max: 24 } }, { n: parseExact('-1e400') }, true],
    [{ between: { field: 't', range: ['2026-01-01', '2026-12-31'] } }, { t: '2026-06-01T00:00:00+02:00' }, true],
    [{ gt: { field: 'n', than: 0 } }, { n: 0 }, false],
    [{ gt: { field: 't', than: 0 } }, { t: '1.5' }, true],
    [{ gt: { field: 't', than: 0 } }, { t: 'many' }, false],
    [{ lt: { field: 'n', than: 0 } }, { n: -1 }, true],
    [{ length: { field: 't', exactly: 1 } }, { t: '😀' }, true],
    [{ length: { field: 'tags', max: 1 } }, { tags: [1, 2] }, false],
    [{ length: { field: 't', min: 2, max: 3 } }, { t: 'abcd' }, false],
    [{ regex: { field: 't', pattern: 'b' } }, { t: 'abc' }, true],
    [{ regex: { field: 't', pattern: 'b|abc', full_match: true } }, { t: 'abcd' }, false],
    [{ type: { field: 'n', type: 'integer' } }, { n: parseExact('12345678901234567890') }, true],
    [{ type: { field: 'n', type: 'integer' } }, { n: 1.5 }, false],
    [{ type: { field: 't', type: 'date' } }, { t: '2026-02-30' }, false],
    [{ type: { field: 't', type: 'date-time' } }, { t: '2026-02-28T10:00:00Z' }, true],
    [{ compare: { a: 'id', op: '<', b: 'n' } }, { id: 1, n: parseExact('1.00000000000000000001') }, true],
    [{ compare: { a: 'id', op: '==', b: 't' } }, { id: 1, t: 'x' }, false],
  ])('%j of %j: %s', async (check, record, holds) => {
    const result = await transform({ transforms: { s: { checks: [check] } } }, rows(record));
    expect(result.records('s')).toHaveLength(holds ? 1 : 0);
    expect(result.records('s__quarantine')).toHaveLength(holds ? 0 : 1);
    expectValid(result);
  });
});

describe('severity', () => {
  const input = rows({ id: 1, n: 5 }, { id: 2, n: 50 }, { id: 3, n: 6 });
  const check = { between: { field: 'n', range: [0, 24] } };

  test('warn lets the record pass and tells', async () => {
    const { report, result } = await reported([{ ...check, severity: 'warn' }], input);
    expect(result!.records('s')).toHaveLength(3);
    expect(report.complete).toBe(true);
    expect(report.checks).toEqual([
      expect.objectContaining({ check: 'between', field: 'n', status: 'broken', passed: 2, failed: 1, samples: [2] }),
    ]);
    expect(result!.log.lines.filter(({ message }) => message === 'Checks')).toEqual([
      { level: 'warn', message: 'Checks', fields: { checks: 1, passed: 0, broken: 1, findings: 's: between n 1 of 3 (broken)' } },
    ]);
  });

  test('quarantine puts the record aside with the check as its reason', async () => {
    const { records } = await transform({ transforms: { s: { checks: [{ ...check, severity: 'quarantine' }] } } }, input);
    expect(records('s')).toHaveLength(2);
    expect(records('s__quarantine')).toEqual([
      expect.objectContaining({ _q_rule: 'check-between', _q_field: 'n', _q_reason: 'the check between does not hold' }),
    ]);
  });

  test('drop leaves the record out', async () => {
    const { records, messages } = await transform({ transforms: { s: { checks: [{ ...check, severity: 'drop' }] } } }, input);
    expect(records()).toHaveLength(2);
    expect(messages.filter(({ type }) => type === 'SCHEMA')).toHaveLength(1);
  });

  test('fail ends the run with exit code 3, after what came before the record, and no state passes', async () => {
    const file = join(folder(), 'r.json');
    const config = { transforms: { s: { checks: [{ ...check, severity: 'fail' }] } }, report: file };
    const { lines, error } = await ownLines(config, [
      ...input.slice(0, 2),
      { type: 'STATE', value: 1 },
      ...input.slice(2),
      { type: 'STATE', value: 2 },
    ]);
    expect(error).toBeInstanceOf(QualityError);
    expect((error as QualityError).exitCode).toBe(3);
    expect((error as QualityError).message).not.toContain('50');
    expect(lines.map(({ type, record, value }) => record ?? value ?? type)).toEqual(['SCHEMA', { id: 1, n: 5 }, 1]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ complete: false, checks: [{ status: 'broken', failed: 1 }] });
  });

  test('a threshold in records lets so many pass', async () => {
    const config = (threshold: number | string) => ({
      transforms: { s: { checks: [{ ...check, severity: 'fail', threshold }] } },
    });
    expect((await transform(config(1), input)).records()).toHaveLength(3);
    await expect(transform(config(0), input)).rejects.toThrow(QualityError);
  });

  test('a threshold in percent speaks at the end', async () => {
    const config = (threshold: string) => ({ transforms: { s: { checks: [{ ...check, severity: 'fail', threshold }] } } });
    expect((await transform(config('34%'), input)).records()).toHaveLength(3);
    const { lines, error } = await ownLines(config('33%'), input);
    expect(lines.filter(({ type }) => type === 'RECORD')).toHaveLength(3);
    expect(error).toBeInstanceOf(QualityError);
  });

  test('more put aside than the threshold ends the run', async () => {
    const config = { transforms: { s: { checks: [{ ...check, severity: 'quarantine', threshold: 0 }] } } };
    await expect(transform(config, input)).rejects.toThrow(QualityError);
  });

  test('a step of a field does the same', async () => {
    const config = (step: JsonObject) => ({ transforms: { s: { fields: { n: { check: step } } } } });
    const aside = await transform(config({ between: [0, 24] }), input);
    expect(aside.records('s')).toEqual([
      { id: 1, n: 5 },
      { id: 3, n: 6 },
    ]);
    await expect(transform(config({ between: [0, 24], severity: 'fail' }), input)).rejects.toThrow(QualityError);
    expect((await transform(config({ gt: 40, severity: 'drop' }), input)).records()).toEqual([{ id: 2, n: 50 }]);
    expect((await transform(config({ not_null: true }), rows({ id: 1 }))).records('s')).toEqual([]);
  });
});

test('a check with a condition is put to records for which that holds, and where nobody can tell it breaks', async () => {
  const checks = [{ not_null: 't', when: 'n > 10' }];
  const { records } = await transform(
    { transforms: { s: { checks } } },
    rows({ n: 5 }, { n: 50 }, { n: null }, { n: 50, t: 'a' }),
  );
  expect(records('s')).toEqual([{ n: 5 }, { n: 50, t: 'a' }]);
});

describe('checks of a whole stream', () => {
  test.each<[JsonObject, boolean]>([
    [{ row_count: { min: 2 } }, true],
    [{ row_count: { min: 3 } }, false],
    [{ row_count: { max: 1 } }, false],
    [{ null_rate: { field: 't', max: '50%' } }, true],
    [{ null_rate: { field: 't', max: '49%' } }, false],
    [{ distinct_count: { field: 'id', min: 2, max: 2 } }, true],
    [{ distinct_count: { field: 'n', min: 2 } }, false],
    [{ sum: { of: 'n', max: 0.3 } }, true],
    [{ sum: { of: 'n', max: 0.29 } }, false],
    [{ sum: { of: 'n', by: 'id', max: 0.15 } }, true],
    [{ sum: { of: 'n', by: ['date(t)'], min: 0.2 } }, false],
    [{ freshness: { field: 't', max_age: '1d' } }, false],
    [{ freshness: { field: 't', max_age: '100000d' } }, true],
  ])('%j: %s', async (check, holds) => {
    const input = rows({ id: 1, n: 0.15, t: '2026-01-01' }, { id: 2, n: 0.15, t: null });
    const { error, report } = await reported([check], input);
    expect(error === undefined).toBe(holds);
    expect(report.complete).toBe(true);
    expect(report.checks).toHaveLength(1);
    expect(report.checks[0].status).toBe(holds ? 'passed' : 'broken');
  });

  test('what is put aside does not count', async () => {
    const checks = [{ row_count: { max: 1 } }, { not_null: 't' }];
    const { report } = await reported(checks, rows({ t: 'a' }, { t: null }));
    expect(report.checks.find(({ check }: JsonObject) => check === 'row_count')).toMatchObject({ observed: 1, status: 'passed' });
  });

  test('a stream that sends no record is counted as none', async () => {
    await expect(transform({ transforms: { s: { checks: [{ row_count: { min: 1 } }] } } }, [ROWS])).rejects.toThrow(QualityError);
  });

  test('cannot put records aside', async () => {
    const config = { transforms: { s: { checks: [{ row_count: { min: 1, severity: 'quarantine' } }] } } };
    await expect(transform(config, [ROWS])).rejects.toThrow(/checks\[0\]\.row_count\.severity: quarantine is for single records/);
  });
});

describe('what is remembered', () => {
  test('lasts over a new SCHEMA of the stream', async () => {
    const other = { ...ROWS, schema: { type: 'object', properties: { id: { type: 'integer' } } } };
    const { records } = await transform({ transforms: { s: { checks: [{ unique: 'id' }] } } }, [
      ...rows({ id: 1 }),
      other,
      recordOf('s', { id: 1 }),
    ]);
    expect(records('s')).toHaveLength(1);
  });

  test('is bounded: a check that only warns says what it has not judged, another ends the run', async () => {
    const many = rows(...Array.from({ length: 60_000 }, (_, id) => ({ id })));
    const { report, error } = await reported([{ unique: 'id', severity: 'warn' }], many, { check_memory_mb: 1 });
    expect(error).toBeUndefined();
    expect(report.checks[0]).toMatchObject({ status: 'partial', failed: 0 });
    expect(report.checks[0].unjudged).toBeGreaterThan(5_000);
    expect(report.checks[0].passed + report.checks[0].unjudged).toBe(60_000);
    const config = { transforms: { s: { checks: [{ unique: 'id' }] } }, check_memory_mb: 1 };
    await expect(transform(config, many)).rejects.toMatchObject({ code: 'check-memory' });
  });
});

describe('exists_in', () => {
  const CUSTOMERS = schemaOf('customers', { id: { type: 'string' }, name: { type: ['string', 'null'] } }, ['id']);
  const ORDERS = schemaOf('orders', { customer: { type: ['string', 'null'] } });
  const orders = { checks: [{ exists_in: { field: 'customer', stream: 'customers', key: 'id' } }] };
  const input = [
    CUSTOMERS,
    recordOf('customers', { id: ' A1 ', name: 'Ada' }),
    recordOf('customers', { id: 'B2', name: null }),
    ORDERS,
    ...['A1', 'B2', 'C3', null].map((customer) => recordOf('orders', { customer })),
  ];

  test('knows the values of a stream as they are after its fields and checks', async () => {
    const customers = { fields: { id: 'trim', name: 'required' }, rename: { id: 'key' } };
    const { records } = await transform({ transforms: { customers, orders } }, input);
    expect(records('orders')).toEqual([{ customer: 'A1' }, { customer: null }]);
  });

  test('knows the values of a stream without rules', async () => {
    const { records } = await transform({ transforms: { orders } }, input);
    expect(records('orders')).toEqual([{ customer: 'B2' }, { customer: null }]);
  });

  test('refuses a key that the other stream does not have', async () => {
    const wrong = { checks: [{ exists_in: { field: 'customer', stream: 'customers', key: 'ids' } }] };
    await expect(transform({ transforms: { orders: wrong } }, input)).rejects.toThrow(
      /transforms\.orders\.checks.*no field ids/s,
    );
  });

  test('knows the rows of a file', async () => {
    const file = join(folder(), 'customers.csv');
    writeFileSync(file, 'id,name\n1,Ada\nA1,Bob\n');
    const checks = [{ exists_in: { field: 'id', file, key: 'id' } }, { exists_in: { field: 't', file, key: 'id' } }];
    const { records } = await transform(
      { transforms: { s: { checks } } },
      rows({ id: 1, t: 'A1' }, { id: 1, t: 'A' }, { id: 3 }),
    );
    expect(records('s')).toEqual([{ id: 1, t: 'A1' }]);
    await expect(
      transform({ transforms: { s: { checks: [{ exists_in: { field: 'id', file: `${file}x`, key: 'id' } }] } } }, rows()),
    ).rejects.toThrow(/cannot be read/);
  });
});

test('a field that a privacy operation hides is hidden in the quarantine of a check, and no finding shows a value', async () => {
  const config = {
    transforms: { s: { fields: { t: 'redact' }, checks: [{ not_null: 'n' }] } },
    report: { stream: '_quality' },
  };
  const result = await transform(config, rows({ id: 1, n: null, t: 'secret' }));
  expect(result.text).not.toContain('secret');
});

describe('what is wrong with checks is told before a record passes', () => {
  test.each<[JsonObject, RegExp]>([
    [{ unqiue: ['id'] }, /checks\[0\]: there is no check unqiue; did you mean unique\?/],
    [{ unique: ['idd'] }, /no field idd; did you mean id\?/],
    [{ between: { field: 'n' } }, /checks\[0\]\.between: needs min or max/],
    [{ between: [0, 1] }, /takes no bare value/],
    [{ regex: { field: 't', pattern: '(' } }, /checks\[0\]\.regex\.pattern/],
    [{ unique: 'id', not_null: 'id' }, /names several checks/],
    [{ unique: 'id', severity: 'loud' }, /severity/],
    [{ unique: 'id', threshold: 'many' }, /threshold.*5%/],
    [{ compare: { a: 'id', op: '=', b: 'n' } }, /op/],
    [{ null_rate: { field: 'id', max: '5' } }, /share/],
    [{ freshness: { field: 't', max_age: 'soon' } }, /duration/],
    [{ json_schema: 'nowhere.json' }, /nowhere\.json cannot be read/],
    [{ json_schema: { schema: { type: 'nothing' } } }, /no JSON schema/],
    [{}, /must name a check/],
    [{ expression: 'idd > 1' }, /did you mean id/],
    [{ not_null: 'id', when: 'idd > 1' }, /checks\[0\]\.when.*did you mean id/],
  ])('%j', async (check, message) => {
    await expect(transform({ transforms: { s: { checks: [check] } } }, [ROWS])).rejects.toThrow(message);
  });
});

describe('streams of our own', () => {
  test('_quality has a record per check, after all others', async () => {
    const config = {
      transforms: { s: { checks: [{ unique: 'id', severity: 'warn' }, { row_count: { min: 1 } }] } },
      report: { stream: '_quality' },
    };
    const result = await transform(config, rows({ id: 1 }, { id: 1 }));
    expect(result.records('_quality')).toEqual([
      expect.objectContaining({
        rule: 'transforms.s.checks[0]',
        check: 'unique',
        field: 'id',
        status: 'broken',
        failed: 1,
        samples: [2],
      }),
      expect.objectContaining({ rule: 'transforms.s.checks[1]', check: 'row_count', observed: '2', status: 'passed' }),
    ]);
    expect(result.messages.at(-1)!.stream).toBe('_quality');
    expectValid(result);
  });

  test('stats has the counts of each stream with rules', async () => {
    const config = {
      transforms: { s: { checks: [{ unique: 'id' }, { not_null: { field: 'n', severity: 'drop' } }] }, other: {} },
      stats: { stream: 'processing_statistics' },
    };
    const result = await transform(config, [
      ...rows({ id: 1, n: 1 }, { id: 1, n: 1 }, { id: 2, n: null }),
      schemaOf('other', { a: {} }),
      recordOf('other', { a: 1 }),
    ]);
    const counts = { started: expect.stringMatching(/Z$/), ended: expect.stringMatching(/Z$/) };
    expect(result.records('processing_statistics')).toEqual([
      { stream: 's', records_read: 3, records_written: 1, records_dropped: 1, records_quarantined: 1, ...counts },
      { stream: 'other', records_read: 1, records_written: 1, records_dropped: 0, records_quarantined: 0, ...counts },
    ]);
    expectValid(result);
  });

  test('the log and stats count every stream that has an entry, one without records and one with an empty entry too; others pass uncounted', async () => {
    const config = { transforms: { none: { fields: { a: 'trim' } }, plain: {} }, stats: { stream: 'counts' } };
    const result = await transform(config, [
      schemaOf('none', { a: {} }),
      schemaOf('plain', { a: {} }),
      recordOf('plain', { a: 1 }),
      schemaOf('other', { a: {} }),
      recordOf('other', { a: 1 }),
    ]);
    const told = result.log.lines.filter(({ message }) => message === 'Transformed').map(({ fields }) => fields);
    expect(told).toEqual([
      { stream: 'none', records: 0, written: 0 },
      { stream: 'plain', records: 1, written: 1 },
    ]);
    expect(result.records('counts')).toMatchObject([
      { stream: 'none', records_read: 0 },
      { stream: 'plain', records_read: 1 },
    ]);
  });

  test('a report that cannot be written fails the run', async () => {
    const config = { transforms: { s: { checks: [{ unique: 'id' }] } }, report: join(folder(), 'no', 'such', 'folder.json') };
    await expect(transform(config, rows({ id: 1 }))).rejects.toMatchObject({ code: 'report-unwritable' });
    const file = join(folder(), 'a-file');
    writeFileSync(file, '');
    const within = { ...config, report: join(file, 'report.json') };
    await expect(transform(within, rows({ id: 1 }))).rejects.toMatchObject({ code: 'report-unwritable' });
  });
});
