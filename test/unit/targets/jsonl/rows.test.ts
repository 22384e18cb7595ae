import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitRows } from '../../../../targets/jsonl/rows.ts';

test('lines are split into the first that fit and the rest, whatever the blocks', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é'), maxLength: 5 }).map((text) => `${text}\n`);
  const blocks = fc.array(
    fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => Buffer.from(lines.join(''))),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(blocks, fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 60 }), (given, maxRows, maxBytes) => {
      const text = Buffer.concat(given).toString();
      const lines = text.split('\n').slice(0, -1);
      const all = { blocks: given, rows: lines.length, bytes: Buffer.byteLength(text) };
      const parts = splitRows(all, maxRows, maxBytes);
      for (const part of parts) {
        const content = Buffer.concat(part.blocks).toString();
        expect([content.split('\n').length - 1, Buffer.byteLength(content)]).toEqual([part.rows, part.bytes]);
      }
      const [first, rest] = parts;
      expect(Buffer.concat([...first.blocks, ...rest.blocks]).toString()).toBe(text);
      expect(first.rows <= maxRows && first.bytes <= maxBytes).toBe(true);
      const next = lines[first.rows];
      if (next !== undefined) expect(first.rows === maxRows || first.bytes + Buffer.byteLength(next) + 1 > maxBytes).toBe(true);
    }),
  );
});
