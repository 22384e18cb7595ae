import { expect, test } from 'vitest';
import { ByteBlocks, BlockPool, stringifyExact, type StreamHeader } from '../../../../singer/index.ts';
import { parseExact } from '../../../../singer/json-text.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { recordOf } from '../../../../targets/bigquery/blame/row-record.ts';
import { createRowEncoder } from '../../../../targets/bigquery/parts/encoder.ts';
import type { RowPlan } from '../../../../targets/bigquery/parts/row-plan.ts';
import { columnType } from '../../../../targets/bigquery/types/types.ts';

const schema = {
  type: 'object',
  properties: {
    Id: { type: 'integer' },
    'my name': { type: 'string' },
    amount: { type: 'string', format: 'singer.decimal' },
    raw: { type: 'string', contentEncoding: 'base16' },
    nested: { type: 'object' },
    missing: { type: ['string', 'null'] },
  },
};
const text =
  '{"Id":9007199254740993,"my name":"12","amount":123456789012345678901234567890.5,"raw":"00ff7f","nested":{"a":[1.10]},"missing":null}';

function rowOf(whole: boolean): { plan: RowPlan; line: string } {
  const columns = columnsOf(schema);
  const header: StreamHeader = { stream: 's', schema, columns, keys: [], notesChanges: false };
  const targets = whole
    ? []
    : columns.map((column) => ({ name: column.name, target: column.name.replace(' ', '_'), type: columnType(column)!, column }));
  const plan: RowPlan = {
    header,
    columns: targets,
    metadata: ['_sdc_received_at', '_sdc_sequence'],
    ...(whole ? { whole: 'data' } : {}),
  };
  const now = new Date(0);
  const run = { startedAt: now, clock: { receivedAt: now, batchedAt: now } };
  const encoder = createRowEncoder(plan, run, { validated: true, onChange: () => undefined });
  const out = new ByteBlocks(new BlockPool());
  const line = Buffer.from(text);
  const record = parseExact(text) as Parameters<typeof encoder.encode>[0];
  const meta = { timeExtracted: undefined, version: undefined, changes: [], line, recordStart: 0, recordEnd: line.length };
  encoder.encode(record, meta, out);
  return { plan, line: Buffer.concat(out.takeAll().blocks).toString() };
}

test.each([true, false])(
  'a row of a load file becomes the record again (whole: %s), each number with all its digits',
  (whole) => {
    const { plan, line } = rowOf(whole);
    expect(stringifyExact(recordOf(plan, line))).toBe(text);
  },
);
