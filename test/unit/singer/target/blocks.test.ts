import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockPool, ByteBlocks } from '../../../../singer/index.ts';

function bytesOf(write: (out: ByteBlocks) => void): string {
  const out = new ByteBlocks(new BlockPool());
  write(out);
  return Buffer.concat(out.takeAll().blocks).toString();
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
  fc.constantFrom('', '"', '\\', '\n', '\u007F', '\uD800', 'é'.repeat(96), 'x'.repeat(96), 'x'.repeat(97)),
);

test('text is written as UTF-8, however long it is and whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      expect(bytesOf((out) => texts.forEach((one) => out.appendText(one)))).toBe(
        texts.map((one) => Buffer.from(one).toString()).join(''),
      );
    }),
  );
});

test('text is written as the JSON that JSON.stringify makes of it', () => {
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      expect(bytesOf((out) => texts.forEach((one) => out.appendJsonText(one)))).toBe(
        texts.map((one) => JSON.stringify(one)).join(''),
      );
    }),
  );
});

test('a range of bytes is copied, short and long', () => {
  const source = Buffer.from(Array.from({ length: 500 }, (_, i) => 33 + (i % 90)));
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      expect(bytesOf((out) => out.append(source, start, end))).toBe(source.toString('latin1', start, end));
    }),
  );
});
