import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesBefore, textStops } from '../../../../taps/postgres/wire/cell-bytes.ts';

const isStop = (byte: number): boolean => byte < 0x20 || byte === 0x22 || byte === 0x5c;
const edges = [0x00, 0x09, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xa0, 0xa2, 0xdc, 0xff];

describe('the bytes of a word before the first that text has to stop at', () => {
  it('are counted for whatever stands behind it', () => {
    const byte = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => {
        const stops = textStops(Buffer.from(bytes).readInt32LE());
        const first = bytes.findIndex(isStop);
        if (first < 0) expect(stops).toBe(0);
        else expect(bytesBefore(stops)).toBe(first);
      }),
      { numRuns: 20_000 },
    );
  });
});
