import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BlockPool,
  ByteBlocks,
  type Column,
  type Encoder,
  type RecordMeta,
  type Row,
  type StreamHeader,
} from '../../../../singer/index.ts';
import { memberRange } from '../../../../singer/json-bytes.ts';
import { parseExact } from '../../../../singer/json-text.ts';
import { LineMeta } from '../../../../singer/target/line-meta.ts';
import { createDecoratedEncoder } from '../../../../targets/jsonl/decorated-encoder.ts';
import { createEncoder } from '../../../../targets/jsonl/encoder.ts';
import { byPartition } from '../../../../targets/jsonl/partition-frames.ts';
import { PartitionTable } from '../../../../targets/jsonl/partition-finder.ts';
import { parsePartitionBy } from '../../../../targets/jsonl/partition.ts';

const properties = {
  id: { type: 'string' },
  n: { type: ['null', 'number'] },
  at: { type: ['null', 'string'], format: 'date-time' },
  any: { type: ['null', 'object'] },
};
const columns: Column[] = [
  { name: 'id', type: 'string', nullable: false, plain: true, schema: properties.id },
  { name: 'n', type: 'number', nullable: true, plain: true, schema: properties.n },
  { name: 'at', type: 'datetime', nullable: true, plain: true, schema: properties.at },
  { name: 'any', type: 'object', nullable: true, plain: true, schema: properties.any },
];
const header: StreamHeader = {
  stream: 'users',
  schema: { type: 'object', properties },
  columns,
  keys: ['id'],
  notesChanges: false,
};

const startedAt = new Date('2026-01-01T00:00:00Z');
const metadata = {
  startedAt,
  clock: { receivedAt: new Date('2026-01-01T00:00:01Z'), batchedAt: new Date('2026-01-01T00:00:02Z') },
};
const newTable = (): PartitionTable =>
  new PartitionTable(parsePartitionBy(['date(at)', 'hour(at)', 'n', 'id', 'any'], (_, message) => expect.unreachable(message)));

const onChanges = (): void => undefined;

/** Encoders by what they add; each call gives one that has seen nothing. */
const ENCODERS: readonly (readonly [string, () => Encoder])[] = [
  ['plain', () => createEncoder(header, onChanges)],
  ['with metadata', () => createDecoratedEncoder(header, { metadata, partitions: undefined, onChanges })],
  ['with partitions', () => createDecoratedEncoder(header, { metadata: undefined, partitions: newTable(), onChanges })],
  ['with both', () => createDecoratedEncoder(header, { metadata, partitions: newTable(), onChanges })],
];

function generalOne(encoder: Encoder, line: Buffer, out: ByteBlocks, changes: RecordMeta['changes'] = []): void {
  const message = parseExact(line.toString()) as { readonly record: Row };
  const [recordStart, recordEnd] = memberRange(line, 0, line.length, 'record')!;
  const { timeExtracted, version } = new LineMeta(message, line);
  encoder.encode(message.record, { timeExtracted, version, changes, line, recordStart, recordEnd }, out);
}

/** What the general lane gives for lines. */
function general(encoder: Encoder, lines: readonly Buffer[]): Buffer {
  const out = new ByteBlocks(new BlockPool());
  for (const line of lines) generalOne(encoder, line, out);
  return Buffer.concat(out.takeAll().blocks);
}

/** What the fast lane gives for the lines that it takes; the others go the general way, as the core sends them. */
function fast(
  encoder: Encoder,
  lines: readonly Buffer[],
): { readonly bytes: Buffer; readonly rows: number; readonly taken: number } {
  const out = new ByteBlocks(new BlockPool());
  const chunk = Buffer.concat(lines);
  let taken = 0;
  for (let at = 0; at < chunk.length;) {
    const rows = out.rows;
    const next = encoder.encodeLines!(chunk, at, chunk.length, out);
    taken += out.rows - rows;
    if (next >= chunk.length) break;
    const lineEnd = chunk.indexOf(10, next) + 1;
    generalOne(encoder, chunk.subarray(next, lineEnd), out);
    at = lineEnd;
  }
  const all = out.takeAll();
  return { bytes: Buffer.concat(all.blocks), rows: all.rows, taken };
}

const nasty = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '}', '{"a":1}', '\u2028', '😀'));
const number = fc.constantFrom('0', '-0', '1.10', '1e400', '123456789012345678901234567890', '3.0E-2', 'null');
const time = fc.oneof(
  fc.constantFrom('null', '"2026-01-31T23:30:00Z"', '"2026-01-31T23:30:00-02:00"', '"2026-01-31T23:30:00.123456+00:00"'),
  fc
    .date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z') })
    .map((date) => JSON.stringify(date)),
);
const space = fc.constantFrom('', ' ', '  ', '\t');
/** Members of ours that a record may have already. */
const own = fc.constantFrom(
  '',
  '',
  '',
  '"_sdc_sequence":5',
  '"_sdc_deleted_at":"2026-01-01T00:00:00Z"',
  '"_sdc_changes":1.0',
  '"_sdc_other":1',
);
const tail = fc.constantFrom(
  '',
  ',"time_extracted":"2026-01-01T00:00:00Z"',
  ',"time_extracted":null',
  ',"time_extracted":"\\u0041","version":1.0',
  ',"version":1700000000000',
  ',"version":12345678901234567890',
);
const anyLine = fc
  .record({
    id: nasty,
    n: number,
    at: time,
    any: fc.jsonValue(),
    space,
    own,
    tail,
    extra: fc.boolean(),
    turned: fc.boolean(),
    crlf: fc.boolean(),
  })
  .map(({ id, n, at, any, space, own, tail, extra, turned, crlf }) => {
    const members = [
      `"id":${space}${JSON.stringify(id)}`,
      `"n":${n}`,
      `"at":${at}`,
      `"any"${space}:${JSON.stringify(any)}`,
      ...(extra ? ['"extra":[1,2]'] : []),
      ...(own === '' ? [] : [own]),
    ];
    const record = `{${space}${(turned ? members.toReversed() : members).join(`,${space}`)}${space}}`;
    return Buffer.from(`{"type":${space}"RECORD","stream":"users","record":${record}${tail}}${crlf ? '\r\n' : '\n'}`);
  });

describe.each(ENCODERS)('%s', (_, newEncoder) => {
  test('both lanes give the same bytes of every record', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 30 }), (lines) => {
        const { bytes, rows } = fast(newEncoder(), lines);
        expect(rows).toBe(lines.length);
        expect(bytes.toString('latin1')).toBe(general(newEncoder(), lines).toString('latin1'));
      }),
    );
  });

  test('lines of one shape take the fast lane, also with a field that the schema does not name', () => {
    const line = Buffer.from(
      '{"type":"RECORD","stream":"users","record":{"id":"a","n":1.10,"at":"2026-01-01T00:00:00Z","any":null,"extra":true},"time_extracted":"2026-01-01T00:00:00Z","version":1}\n',
    );
    expect(fast(newEncoder(), [line, line, line]).taken).toBe(2);
  });
});

test('the bytes of records are kept as they came', () => {
  const line = Buffer.from('{"type":"RECORD","stream":"users","record":{"id":"a","n":1.10,"any":{"b":[ 1 ]},"extra":true}}\n');
  expect(fast(createEncoder(header, onChanges), [line, line]).bytes.toString()).toBe(
    '{"id":"a","n":1.10,"any":{"b":[ 1 ]},"extra":true}\n'.repeat(2),
  );
});

test('a record member whose name is spelled with escapes is found', () => {
  const line = Buffer.from('{"type":"RECORD","stream":"users","re\\u0063ord":{"id":"a"}}\n');
  const message = parseExact(line.toString()) as { readonly record: Row };
  const out = new ByteBlocks(new BlockPool());
  createEncoder(header, onChanges).encode(message.record, new LineMeta(message, line), out);
  expect(Buffer.concat(out.takeAll().blocks).toString()).toBe('{"id":"a"}\n');
});

test('[157] metadata stands behind the record, whose own members of these names go, but for the time of its deletion', () => {
  const encoder = createDecoratedEncoder(header, { metadata, partitions: undefined, onChanges });
  const lines = [
    '{"type":"RECORD","stream":"users","record":{"id":"a"},"time_extracted":"2026-01-01T00:00:00Z","version":7}\n',
    '{"type":"RECORD","stream":"users","record":{"_sdc_sequence":1,"id":"a","_sdc_deleted_at":"2026-01-02","n":1.0}}\n',
    '{"type":"RECORD","stream":"users","record":{ }}\n',
  ].map((line) => Buffer.from(line));
  const rest = '"_sdc_received_at":"2026-01-01T00:00:01.000Z","_sdc_batched_at":"2026-01-01T00:00:02.000Z"';
  expect(general(encoder, lines).toString().split('\n')).toEqual([
    `{"id":"a","_sdc_extracted_at":"2026-01-01T00:00:00Z",${rest},"_sdc_deleted_at":null,"_sdc_sequence":1767225601000,"_sdc_table_version":7,"_sdc_sync_started_at":1767225600000}`,
    `{"id":"a","n":1.0,"_sdc_extracted_at":null,${rest},"_sdc_deleted_at":"2026-01-02","_sdc_sequence":1767225601000,"_sdc_table_version":null,"_sdc_sync_started_at":1767225600000}`,
    `{ "_sdc_extracted_at":null,${rest},"_sdc_deleted_at":null,"_sdc_sequence":1767225601000,"_sdc_table_version":null,"_sdc_sync_started_at":1767225600000}`,
    '',
  ]);
});

test.each(ENCODERS)('%s: changes are noted in the record', (name, newEncoder) => {
  const out = new ByteBlocks(new BlockPool());
  const line = Buffer.from('{"type":"RECORD","stream":"users","record":{"id":"a","n":null,"_sdc_changes":[]}}\n');
  generalOne(newEncoder(), line, out, [{ column: 'n', reason: 'invalid-null', old: '"x"' }]);
  const { blocks } = out.takeAll();
  const [rows] = name.includes('partition') || name === 'with both' ? byPartition(blocks).values() : [{ blocks }];
  const record: unknown = JSON.parse(Buffer.concat(rows!.blocks).toString());
  expect(record).toMatchObject({ id: 'a', n: null, _sdc_changes: [{ column: 'n', reason: 'invalid-null', old: '"x"' }] });
});

test('frames name the partition of each row', () => {
  const partitions = newTable();
  const encoder = createDecoratedEncoder(header, { metadata: undefined, partitions, onChanges });
  const line = (id: string): Buffer =>
    Buffer.from(`{"type":"RECORD","stream":"users","record":{"id":"${id}","n":1,"at":"2026-01-31T23:30:00-02:00","any":null}}\n`);
  const out = new ByteBlocks(new BlockPool());
  const lines = Buffer.concat(['a', 'b', 'a'].map(line));
  expect(encoder.encodeLines!(lines, 0, lines.length, out)).toBe(lines.length);
  const found = [...byPartition(out.takeAll().blocks)].map(([number, { rows, blocks }]) => [
    partitions.path(number),
    rows,
    Buffer.concat(blocks).length,
  ]);
  const length = line('a').length - Buffer.byteLength('{"type":"RECORD","stream":"users","record":}');
  expect(found).toEqual([
    ['date=2026-02-01/hour=01/n=1/id=a/any=__HIVE_DEFAULT_PARTITION__', 2, 2 * length],
    ['date=2026-02-01/hour=01/n=1/id=b/any=__HIVE_DEFAULT_PARTITION__', 1, length],
  ]);
});
