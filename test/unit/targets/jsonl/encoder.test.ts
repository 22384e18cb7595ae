import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockPool, ByteBlocks, type Column, type StreamHeader } from '../../../../singer/index.ts';
import { memberRange } from '../../../../singer/json-bytes.ts';
import { createEncoder } from '../../../../targets/jsonl/encoder.ts';

const properties = { id: { type: 'string' }, n: { type: ['null', 'number'] }, any: { type: ['null', 'object'] } };
const columns: Column[] = [
  { name: 'id', type: 'string', nullable: false, plain: true, schema: properties.id },
  { name: 'n', type: 'number', nullable: true, plain: true, schema: properties.n },
  { name: 'any', type: 'object', nullable: true, plain: true, schema: properties.any },
];
const header: StreamHeader = { stream: 'users', schema: { type: 'object', properties }, columns, keys: ['id'] };

/** What the general lane gives for a line: the bytes of its record. */
function general(line: Buffer): Buffer {
  const out = new ByteBlocks(new BlockPool());
  const [recordStart, recordEnd] = memberRange(line, 0, line.length, 'record')!;
  const meta = { timeExtracted: undefined, version: undefined, line, recordStart, recordEnd };
  createEncoder(header).encode({}, meta, out);
  return Buffer.concat(out.takeAll().blocks);
}

/** What the fast lane gives for the lines that it takes; the others go the general way, as the core sends them. */
function fast(lines: readonly Buffer[]): { readonly bytes: Buffer; readonly rows: number; readonly taken: number } {
  const encoder = createEncoder(header);
  const out = new ByteBlocks(new BlockPool());
  const chunk = Buffer.concat(lines);
  let taken = 0;
  for (let at = 0; at < chunk.length;) {
    const rows = out.rows;
    const next = encoder.encodeLines!(chunk, at, chunk.length, out);
    taken += out.rows - rows;
    if (next >= chunk.length) break;
    const lineEnd = chunk.indexOf(10, next) + 1;
    const line = chunk.subarray(next, lineEnd);
    const [recordStart, recordEnd] = memberRange(line, 0, line.length, 'record')!;
    encoder.encode({}, { timeExtracted: undefined, version: undefined, line, recordStart, recordEnd }, out);
    at = lineEnd;
  }
  const all = out.takeAll();
  return { bytes: Buffer.concat(all.blocks), rows: all.rows, taken };
}

const nasty = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '}', '{"a":1}', '\u2028', '😀'));
const number = fc.constantFrom('0', '-0', '1.10', '1e400', '123456789012345678901234567890', '3.0E-2', 'null');
const space = fc.constantFrom('', ' ', '  ', '\t');
const anyLine = fc
  .record({ id: nasty, n: number, any: fc.jsonValue(), space, extra: fc.boolean(), turned: fc.boolean(), crlf: fc.boolean() })
  .map(({ id, n, any, space, extra, turned, crlf }) => {
    const members = [
      `"id":${space}${JSON.stringify(id)}`,
      `"n":${n}`,
      `"any"${space}:${JSON.stringify(any)}`,
      ...(extra ? ['"extra":[1,2]'] : []),
    ];
    const record = `{${space}${(turned ? members.toReversed() : members).join(`,${space}`)}}`;
    return Buffer.from(
      `{"type":${space}"RECORD","stream":"users","record":${record},"time_extracted":"2026-01-01T00:00:00Z"}${crlf ? '\r\n' : '\n'}`,
    );
  });

test('both lanes keep the same bytes of every record', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 30 }), (lines) => {
      const { bytes, rows } = fast(lines);
      expect(rows).toBe(lines.length);
      expect(bytes.toString()).toBe(Buffer.concat(lines.map(general)).toString());
    }),
  );
});

test('lines of one shape take the fast lane, also with a field that the schema does not name', () => {
  const line = Buffer.from('{"type":"RECORD","stream":"users","record":{"id":"a","n":1.10,"any":{"b":[ 1 ]},"extra":true}}\n');
  const { bytes, taken } = fast([line, line, line]);
  expect(taken).toBe(2);
  expect(bytes.toString()).toBe('{"id":"a","n":1.10,"any":{"b":[ 1 ]},"extra":true}\n'.repeat(3));
});
