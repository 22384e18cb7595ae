import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../../singer/index.ts';
import { entryMaker, folder, readAll, SIXTY_ROWS } from './harness.ts';
import { zipOf } from './zip-support.ts';

const temp = folder();
afterAll(() => temp.remove());
const entry = entryMaker(temp);

const CSV = SIXTY_ROWS;
/** By Python's bz2: the CSV, the CSV in two streams, rows of equal bytes, 1.2 MB in small blocks, nothing. */
const ONE = Buffer.from(
  'QlpoOTFBWSZTWT9OK94AAMlZgAAQQAR/4DIEAwAwAQMaMHp6kn/6qp+oIDmm9+lVNNBoYh+qqnp/lVMADvHW2ePT3fPXBuAyKAgYBgECqqnmmmuuvl3ttd3d3d8G4DIoCBgGAQKqq7B3JJMZkkzmSS0AAC3i2y2SWAAAW3lbJbJeQAAFtssktl4AAAtttkktv8AABVUCBAgQKqrMzMun/M3d9/czd31mbu/czd3jM3d/C7kinChIH6cV7wA=',
  'base64',
);
const TWO = Buffer.from(
  'QlpoOTFBWSZTWaWllS4AABjZgAAQQAR/4DIEAwAgAEiJ+qhoN+qjymgSUGgACdr78c9Ye6tEVSqqsyAAAAARn6LRl6DYjwiAj4u5IpwoSFLSypcAQlpoMTFBWSZTWdHvvdEAAOLZgAAQQAR/4CIEAwAwAOWUVqDQ/9SpoA5/6qj/9VU/VPKNAEP1VUf+qfqoANMa3234TnAAAAAAAO6q1qkkkkkAAAAAG973ve9a1rQAA44qqqqqqzMtkkloAAFttkkloAAFttkkloAAFttkklqqqqqqszMwAAABnbtxxxJJOc3M3nNzN6/c3M3nNzN5zczfwu5IpwoSGj33uiA=',
  'base64',
);
const RUNS = Buffer.from('QlpoOTFBWSZTWZ0Q4L0AAAbBgeAQIAAAQACAAAggADEMAJNIRod1M229gKEfKoxGhJ8XckU4UJCdEOC9', 'base64');
const BLOCKS = Buffer.from(
  'QlpoMTFBWSZTWUoP31oAMNHBAAAQOAAgAEBSgGaaZ1CUFtCUFtCUF1CUF5igrJMprKyZZyYAGGjggAAIHAAQACgzTQKUHUJQWESgtoSguoSgvMUFZJlNZsFkqmQBho0EAABA4ACAAUGaaBSg6hKCyhKC0iUF1CUF5igrJMprJGsBt4ASTpggAAIHAAQACgzTQKUHUJQWUJQW0JQXESgvMUFZJlNZj7v9xwCSdMEAABA4ACAAQFKAZpp1CUFlCUFtCUFvUJQXmKCskymsrJlnJgAYaOCAAAgcABAAKDNNApQdQlBYRKC2hKC6hKC8xQVkmU1mwWSqZAGGjQQAAEDgAIABQZpoFKDqEoLKEoLSJQXUJQXmKCskymskawG3gBJOmCAAAgcABAAKDNNApQdQlBZQlBbQlBcRKC8xQVkmU1mPu/3HAJJ0wQAAEDgAIABAUoBmmnUJQWUJQW0JQW9QlBeYoKyTKaysmWcmABho4IAACBwAEAAoM00ClB1CUFhEoLaEoLqEoLzFBWSZTWbBZKpkAYaNBAAAQOAAgAFBmmgUoOoSgsoSgtIlBdQlBeYoKyTKayRrAbeAEk6YIAACBwAEAAoM00ClB1CUFlCUFtCUFxEoLzFBWSZTWT6Rrx4AAFZBAAAQOAAgADDNNBNUHSMUaozlHi7kinChINcXMX4=',
  'base64',
);
const EMPTY = Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64');

describe('bzip2', () => {
  it.each([
    ['one stream', ONE],
    ['two streams', TWO],
    ['in a ZIP archive', zipOf([{ name: 'a.csv', content: CSV, method: 12, data: ONE }])],
  ])('is read: %s', async (_name, content) => {
    for (const windowBytes of [7, 4096]) {
      const { records } = await readAll(entry(content), { tuning: { windowBytes } });
      expect(records).toHaveLength(60);
      expect(records[59]).toEqual({ a: '59', b: 'value 59' });
    }
  });

  it('of equal bytes, of many blocks and of nothing is read', async () => {
    const { records } = await readAll(entry(RUNS));
    expect(records.map((row) => row['a'])).toEqual([1, 3, 4, 5, 258, 259, 260, 1000].map((length) => 'x'.repeat(length)));
    expect((await readAll(entry(BLOCKS))).records).toHaveLength(300_000);
    expect((await readAll(entry(EMPTY))).records).toEqual([]);
  });

  it('that ends too early is an error wherever it is cut', async () => {
    for (let length = 10; length < ONE.length; length++) {
      await expect(readAll(entry(ONE.subarray(0, length)))).rejects.toMatchObject({ code: 'bzip2-truncated' });
    }
  });

  it('that is damaged is always seen, unless the damage changes nothing', async () => {
    const rowsOfOne = readAll(entry(ONE)).then(({ records }) => records);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: ONE.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const broken = Buffer.from(ONE);
        broken[at]! ^= flip;
        const result = await readAll(entry(broken)).catch((error: unknown) => error);
        // The bits after the end of the last stream say nothing.
        if (at === ONE.length - 1 && !(result instanceof Error)) return;
        if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
        // Within the mark it is no bzip2 any more, and read as text that is none. Elsewhere only what no row needs (the code
        // of a symbol that never comes) may differ.
        else if (at >= 10) expect(result).toMatchObject({ records: await rowsOfOne });
      }),
      { numRuns: 200, examples: [[49, 184]] },
    );
  });
});
