import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROW_GAP, RowFrames, type CopyBlock } from '../../../../clients/postgres/row-frames.ts';

function message(type: string, content: Buffer | string): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.alloc(ROW_GAP);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The rows of a block as text, and that they lie between its ends. */
function rowsOf({ bytes, starts, rows }: CopyBlock): string[] {
  expect(starts.length).toBe(rows + 1);
  expect(starts[rows]! - ROW_GAP).toBe(bytes.length);
  return Array.from({ length: rows }, (_, r) => bytes.toString('latin1', starts[r], starts[r + 1]! - ROW_GAP));
}

/** Pieces of these lengths, over and over. */
function* pieces(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('the messages of a COPY', () => {
  it('give their rows in order, however they are cut and whenever they are taken', () => {
    const row = fc.oneof(
      { weight: 20, arbitrary: fc.string({ maxLength: 40, unit: 'binary-ascii' }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 900_000 }).map((length) => 'long '.repeat(length / 5 + 1)) },
    );
    const other = fc.constantFrom('N', 'S', 'A').map((type) => ({ type, content: 'told meanwhile' }));
    const sent = fc.array(fc.oneof({ weight: 9, arbitrary: row.map((content) => ({ type: 'd', content })) }, { weight: 1, arbitrary: other })); // prettier-ignore
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1000, max: 200_000 })), { minLength: 1, maxLength: 5 }); // prettier-ignore
    fc.assert(
      fc.property(sent, lengths, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (list, lengths, takes) => {
        const others: string[] = [];
        const frames = new RowFrames((bytes) => others.push(bytes.toString('latin1')));
        const all = [{ type: 'H', content: '\0\0\0' }, ...list, { type: 'c', content: '' }];
        const bytes = Buffer.concat(all.map(({ type, content }) => message(type, Buffer.from(content, 'latin1'))));
        // Tiny pieces of much are slow to test.
        const cut = bytes.length > 100_000 ? lengths.map((length) => Math.max(length, 1000)) : lengths;
        const found: string[] = [];
        const take = (): boolean => {
          frames.release();
          const block = frames.take();
          if (block !== undefined) found.push(...rowsOf(block));
          return block !== undefined;
        };
        let i = 0;
        for (const piece of pieces(bytes, cut)) {
          frames.push(Buffer.from(piece));
          if (takes[i++ % takes.length] === true) take();
        }
        while (take());
        expect(frames.bytes).toBe(0);
        expect(found).toEqual(list.filter(({ type }) => type === 'd').map(({ content }) => content));
        const told = list.filter(({ type }) => type !== 'd');
        expect(others).toEqual([...told, { type: 'c', content: '' }].map(({ type, content }) => message(type, content).toString('latin1'))); // prettier-ignore
      }),
      { numRuns: 150 },
    );
  });

  it('stay as they are until the next but one block is taken', () => {
    const frames = new RowFrames(() => undefined);
    frames.push(message('d', 'one\n'));
    const first = frames.take()!;
    frames.push(message('d', 'two\n'));
    expect(rowsOf(first)).toEqual(['one\n']);
    expect(rowsOf(frames.take()!)).toEqual(['two\n']);
    expect(rowsOf(first)).toEqual(['one\n']);
  });

  it.each([0, 3, 0x7fff_ffff])('of an impossible length (%i) are refused', (length) => {
    const frames = new RowFrames(() => undefined);
    const head = message('d', '');
    head.writeUInt32BE(length, 1);
    expect(() => frames.push(head)).toThrow('Connection terminated');
  });
});
