import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowDigest, Scratch, type RowsSeen } from '../../../../targets/bigquery/parts/row-digest.ts';

const CLOCK = `{"_sdc_received_at":"2026-01-01T00:00:00.000Z"`;

interface Read {
  /** Eight digits. */
  readonly at: number;
  readonly extracted: string | undefined;
}

function row(values: object, { at, extracted }: Read): string {
  const clock = CLOCK.replace('00:00:00.000', `00:00:${String(at).slice(0, 2)}.${String(at).slice(2, 5)}`);
  const time = extracted === undefined ? '' : `,"_sdc_extracted_at":"${extracted}"`;
  const data = JSON.stringify(values).slice(1);
  return `${clock}${time}${data === '}' ? '' : ','}${data}\n`;
}

function digest(rows: readonly string[], cuts: readonly number[], clockBytes = CLOCK.length): RowsSeen {
  const digest = new RowDigest(clockBytes, new Scratch());
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), rows.length]) {
    const block = Buffer.from(rows.slice(from, cut).join(''));
    if (block.length > 0) expect(digest.add(block, 0, Infinity)).toBe(block.length);
    from = Math.max(from, cut);
  }
  return { rows: digest.rows, digest: digest.digest, marks: [...digest.marks] };
}

const records = fc.array(fc.dictionary(fc.constantFrom('a', 'b', '_sdc_x'), fc.string({ maxLength: 30 }), { maxKeys: 3 }), {
  maxLength: 40,
});
const reads = fc.record({
  at: fc.nat({ max: 89_999_999 }).map((n) => n + 10_000_000),
  extracted: fc.option(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z'), { nil: undefined }),
});

describe('a digest of rows', () => {
  test('is the same for the same records, however they are cut into blocks and whenever they were read', () => {
    fc.assert(
      fc.property(records, reads, reads, fc.array(fc.nat({ max: 40 })), (list, one, other, cuts) => {
        const again = digest(list.map((values) => row(values, other)), cuts); // prettier-ignore
        expect(again).toEqual(digest(list.map((values) => row(values, one)), [])); // prettier-ignore
        expect(again.rows).toBe(list.length);
      }),
    );
  });

  test('is another one for other rows, another order and another number', () => {
    fc.assert(
      fc.property(records, records, reads, (one, other, read) => {
        const [first, second] = [one, other].map((list) => list.map((values) => row(values, read)));
        const same = first!.join('') === second!.join('');
        expect(digest(first!, []).digest === digest(second!, []).digest).toBe(same);
      }),
    );
  });

  test('has marks of the first 1, 2, 4, 8 … rows, which rows with the same beginning share', () => {
    const rows = Array.from({ length: 20 }, (_, n) => row({ n }, { at: 10_000_000, extracted: undefined }));
    const all = digest(rows, []).marks;
    expect(all).toHaveLength(5);
    expect(digest(rows.slice(0, 9), [3]).marks).toEqual(all.slice(0, 4));
    expect(digest([...rows.slice(0, 3), ...rows.slice(10)], []).marks.slice(0, 3)).toEqual([
      ...all.slice(0, 2),
      expect.not.stringContaining(all[2]!),
    ]);
  });

  test('stops at the row that makes the number that is asked for', () => {
    const rows = ['{"a":1}\n', '{"a":22}\n', '{"a":333}\n'];
    const block = Buffer.from(rows.join(''));
    const digest = new RowDigest(0, new Scratch());
    expect(digest.add(block, 0, 2)).toBe(rows[0]!.length + rows[1]!.length);
    expect(digest.rows).toBe(2);
    expect(digest.add(block, 17, 100)).toBe(block.length);
  });

  test('tells that a block ends within a row: nothing would be right after that', () => {
    expect(() => new RowDigest(0, new Scratch()).add(Buffer.from('{"a":1}\n{"a"'), 0, Infinity)).toThrow('within a row');
  });
});
