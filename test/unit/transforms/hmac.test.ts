import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HmacSha256 } from '../../../transforms/crypto/hmac.ts';
import { compress, initialState } from '../../../transforms/crypto/sha256.ts';
import { writeUtf8 } from '../../../transforms/crypto/utf8.ts';

const theirs = (secret: Uint8Array, prefix: Uint8Array, text: string): string =>
  createHmac('sha256', secret).update(prefix).update(text).digest('hex');

describe('HMAC-SHA256', () => {
  test('equals that of node:crypto for any key, prefix and text', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 80 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 200 }), text, (secret, prefix, given) => {
        const wellFormed = Buffer.from(given).toString();
        expect(new HmacSha256(secret).after(prefix).digest(wellFormed).toString('hex')).toBe(theirs(secret, prefix, wellFormed));
      }),
      { numRuns: 2000 },
    );
  });

  test('equals it at every length about the ends of blocks, with one key used for all', () => {
    const secret = createHash('sha256').update('key').digest();
    const prefix = Buffer.from('5:email');
    const ours = new HmacSha256(secret).after(prefix);
    for (let length = 0; length <= 1400; length++) {
      const text = (length % 2 === 0 ? 'x' : 'é').repeat(length);
      expect(ours.digest(text).toString('hex')).toBe(theirs(secret, prefix, text));
    }
  });

  test('the digits that it writes are those of the digest', () => {
    const ours = new HmacSha256(Buffer.from('Jefe')).after(Buffer.from('5:email'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.nat(64), (bytes, digits) => {
        const out = Buffer.alloc(80, '.');
        ours.writeHex(Buffer.from([1, 2, ...bytes, 3]), 2, bytes.length + 2, digits, out, 7);
        const expected = createHmac('sha256', 'Jefe').update('5:email').update(bytes).digest('hex').slice(0, digits);
        expect(out.toString()).toBe('.'.repeat(7) + expected.padEnd(73, '.'));
      }),
    );
  });

  test('the test cases 1, 2 and 6 of RFC 4231', () => {
    const hex = (secret: Buffer, text: string): string =>
      new HmacSha256(secret).after(Buffer.alloc(0)).digest(text).toString('hex');
    expect(hex(Buffer.alloc(20, 0x0b), 'Hi There')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
    expect(hex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(hex(Buffer.alloc(131, 0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First')).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  test('two lone surrogates are two texts, short and long', () => {
    const ours = new HmacSha256(Buffer.alloc(32, 7)).after(Buffer.alloc(0));
    const of = (text: string): string => ours.digest(text).toString('hex');
    expect(of('\uD800')).not.toBe(of('\uD801'));
    expect(of('\uD800'.repeat(900))).not.toBe(of('\uD801'.repeat(900)));
    expect(of('\uD800')).not.toBe(of('\uFFFD'));
  });
});

test('a block of SHA-256 is that of node:crypto', () => {
  const words = new Int32Array(16);
  words[0] = 0x61626380;
  words[15] = 24;
  const state = initialState();
  compress(state, words);
  const hex = [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  expect(hex).toBe(createHash('sha256').update('abc').digest('hex'));
});

test('UTF-8 of well-formed text is that of Buffer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (given) => {
      const text = Buffer.from(given).toString();
      const bytes = new Uint8Array(text.length * 3);
      expect(Buffer.from(bytes.subarray(0, writeUtf8(text, bytes, 0)))).toEqual(Buffer.from(text));
    }),
  );
});
