import { describe, expect, it } from 'vitest';
import { BlockPool, ByteBlocks, parseExact, stringifyExact, type Row } from '../../../../singer/index.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { createCopyEncoder } from '../../../../targets/postgres/copy/encoder.ts';
import type { CopyPlan } from '../../../../targets/postgres/copy/plan.ts';
import { recordOf } from '../../../../targets/postgres/copy/record.ts';
import { columnType } from '../../../../targets/postgres/types/types.ts';

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    n: { type: 'number' },
    ok: { type: 'boolean' },
    s: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    doc: { type: 'object' },
    b64: { type: 'string', contentEncoding: 'base64' },
    b16: { type: 'string', contentEncoding: 'base16' },
    later: { type: 'string' },
  },
};
const columns = columnsOf(schema);
const isExtra = (name: string): boolean => name === 'later';
const plan: CopyPlan = {
  header: { stream: 's', schema, columns, keys: [], notesChanges: false },
  columns: columns
    .filter(({ name }) => !isExtra(name))
    .map((column) => ({ name: column.name, target: `t_${column.name}`, pgType: columnType(column)!.type, column })),
  extra: columns.filter(({ name }) => isExtra(name)),
  metadata: ['_sdc_extra', '_sdc_received_at'],
};

function backAndForth(record: Row): unknown {
  const now = new Date();
  const options = { validated: true, nulPolicy: 'strip', timePolicy: 'fail', onChange: () => undefined } as const;
  const encoder = createCopyEncoder(plan, { startedAt: now, clock: { receivedAt: now, batchedAt: now } }, options);
  const out = new ByteBlocks(new BlockPool());
  const line = Buffer.alloc(0);
  encoder.encode(record, { timeExtracted: undefined, version: undefined, changes: [], line, recordStart: 0, recordEnd: 0 }, out);
  return recordOf(plan, Buffer.concat(out.takeAll().blocks));
}

describe('a row of COPY text', () => {
  it('gives its record back', () => {
    const record = {
      id: 7,
      n: 0.25,
      ok: true,
      s: String.raw`tab ${'\t'} line ${'\n\r'} slash \ \N \t "é" 🙂`,
      at: '2024-01-02T03:04:05.6+02:00',
      doc: { a: [1, null, 'x\ty\\'], b: {} },
      b64: 'AAH/',
      b16: '00ff',
      later: 'kept\nbeside',
    };
    expect(backAndForth(record)).toEqual(record);
  });

  it('keeps digits, tells false and empty text from null, and has words for what JSON has no number for', () => {
    const exact = parseExact('{"id":9007199254740993,"n":1.10,"ok":false,"s":""}') as Row;
    expect(stringifyExact(backAndForth(exact) as never)).toBe(
      '{"id":9007199254740993,"n":1.10,"ok":false,"s":"","at":null,"doc":null,"b64":null,"b16":null}',
    );
    expect(backAndForth({ id: 1, n: Number.NaN })).toMatchObject({ n: 'NaN', s: null });
  });
});
