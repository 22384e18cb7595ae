import { writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../../taps/csv/entries.ts';
import { TYPE_NAMES } from '../../../../../taps/csv/types/column-type.ts';
import { entryOf, folder, readAll } from '../harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function file(content: string): string {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return path;
}

const CELLS = [
  '', '""', '0', '-0', '007', '12', '-12', '+5', '9223372036854775807', '9223372036854775808', '1.50', '.5', '5.', '1e5', '1.5e-3',
  '12345678901234567890.123456789', '1.234,5', '1.234', '1,5', '"1,234.50"', '€ 5', '5 €', '-€5', 'true', 'FALSE', 'T', 'no', '2026-01-31', '2026-02-30',
  '31.01.2026', '2026-01-31T10:20:30Z', '2026-01-31 10:20:30', '2026-01-31 10:20:30.123456789+01', '2026-03-29T02:30:00',
  '2026-10-25 02:30:00', '10:20', '10:20:30.5', 'NULL', '"NULL"', '\\N', 'n/a', 'text', '"a""b"', '"x\ny"', ' 12 ', '12\t', 'é', '1\u00002',
]; // prettier-ignore
const cell = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...CELLS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 6 }) },
);
const rows = fc.array(fc.tuple(cell, cell, cell, fc.constantFrom('\n', '\n', '\r\n', ',x\n', '\n\n', '\n#c\n')), {
  maxLength: 15,
});

const declaration = fc.oneof(
  fc.constantFrom(...TYPE_NAMES),
  fc.record(
    {
      type: fc.constantFrom(...TYPE_NAMES),
      decimal: fc.constantFrom('.', ','),
      strip: fc.constantFrom('currency', ['€']),
      zone: fc.constantFrom('UTC', 'Europe/Berlin'),
      format: fc.constantFrom('dd.MM.yyyy', ['%Y-%m-%d', '%d.%m.%Y'], 'yyyy-MM-dd HH:mm:ss'),
      null_values: fc.constantFrom(['n/a'], ['', 'NULL']),
    },
    { requiredKeys: ['type'] },
  ),
);
const settings = fc.record(
  {
    types: fc.dictionary(fc.constantFrom('a', 'b', 'c'), declaration),
    infer_types: fc.constantFrom('none', 'sample'),
    infer_rows: fc.constantFrom(1, 3, 10_000),
    on_type_error: fc.constantFrom('keep', 'null', 'malformed'),
    zone: fc.constantFrom('UTC', 'America/New_York'),
    null_values: fc.constantFrom(['NULL', '\\N'], ['']),
    null_keys: fc.constantFrom('send', 'malformed'),
    empty_as_null: fc.boolean(),
    skip_blank_lines: fc.boolean(),
    comment: fc.constant('#'),
    ragged_rows: fc.constantFrom('pad', 'extra', 'skip'),
    duplicate_headers: fc.constantFrom('suffix', 'last', 'extra'),
    nul_bytes: fc.constantFrom('fail', 'keep', 'remove'),
    skip_footer: fc.constantFrom(0, 2),
    keys: fc.constantFrom([], ['a']),
  },
  { requiredKeys: ['types'] },
);

const sizes = fc.record({
  windowBytes: fc.constantFrom(1, 7, 64, 4096),
  batchBytes: fc.constantFrom(1, 100, 4096),
  slackBytes: fc.constantFrom(1, 200, 4096),
});

/** Formats as loosely as JSON Schema needs them: RFC 3339 for date-times. */
function validator(schema: object): (record: unknown) => boolean {
  const ajv = new Ajv({ strict: false });
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/);
  ajv.addFormat('time', /^\d\d:\d\d:\d\d(\.\d+)?Z?$/);
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  ajv.addFormat('singer.decimal', /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/);
  return ajv.compile(schema);
}

describe('typed columns in the fast lane and the general lane', () => {
  it('give the same bytes, bookmarks and warnings, and every record is valid by its schema', async () => {
    await fc.assert(
      fc.asyncProperty(rows, settings, sizes, fc.constantFrom('a,b,c\n', 'a,b,a\n'), async (body, given, size, head) => {
        const path = file(head + body.map(([a, b, c, end]) => `${a},${b},${c}${end}`).join(''));
        const entry = entryOf({ paths: [path], on_error: 'skip', ...(given as Partial<Entry>) });
        const general = await readAll(entry, { tuning: { ...size, fastLane: false } });
        const fast = await readAll(entry, { tuning: { ...size, fastLane: true } });
        expect(fast.text).toBe(general.text);
        expect(fast.bookmark).toEqual(general.bookmark);
        expect(fast.said).toEqual(general.said);
        const valid = validator(general.stream.schema);
        for (const record of general.records) expect(valid(record), JSON.stringify(record)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });
});
