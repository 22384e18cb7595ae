import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../../singer/index.ts';
import { chunkSource } from '../../../../taps/csv/source.ts';
import { unzstd } from '../../../../taps/csv/zstd.ts';
import { entryMaker, folder, readAll, SIXTY_ROWS } from './harness.ts';
import { zipOf } from './zip-support.ts';

const temp = folder();
afterAll(() => temp.remove());
const entry = entryMaker(temp);

const CSV = SIXTY_ROWS;
/** CSV by `zstd -19 --check`, and in two frames by `zstd`, the second without a checksum. */
const ONE_FRAME = Buffer.from(
  'KLUv/WTAATUFAFKPIBOgpzkGJRH+X6xuIiIkC7dftAkBl3ITcmfeiPfdbXZX3e1NdM/NXYpNiJ1pI9p3tpldZbc2kT02dik1IXVmjVjf1WZ1Vd3WRPXU1KV0QnpmR+x33axX9bYT9en0UmhC6Ewakb6jzegquqWJ6Bm6lAk5c8TvNrvqdqIHIIxCOIJ5CIQ7qBAsfL0D8JU1EAZ9bFqmzUXosbxx6Q2/LwEGMQSdMgUWwhrS',
  'base64',
);
const TWO_FRAMES = Buffer.from(
  'KLUv/SRk5QEAxAJhLGIKMCx2YWx1ZSAwCjExCjIyCjMzCjQ0CjU1CjY2Cjc3Cjg4CjksdmFsdQgEBGCAAQYYYIABhpY6aCQ8nii1L/1gXAHlBQCCTR0UsKWQDnjZYEmqEELIllJiXBBn1gGXMhMyjzELMc/M7UzO2yzNYcJcSiekj9GF6DO97WTfutRDQy+FE8LH4ELwGd5ykm9c4oGBl7IJ2WNsIfbMbje5ty3tsLBL0YToMbQQeka3mtSblnTQQIBgIKAAIOgyEAgxIODXhBBCCCGEEEIIIURnQgghhBBCCCGEEEK0TAghhBBCCCGEEEKIzoQQQgghhBBCCCGEaJkQQgghhBBCCCGHECdSGA==',
  'base64',
);
/** A skippable frame, as `pzstd` puts before each of its frames. */
const SKIPPED = Buffer.from('502a4d18040000001a000000', 'hex');

/** A frame of raw blocks (and one that repeats its byte), written by hand; RFC 8878. */
function frame(blocks: readonly { type: 0 | 1; size: number; data: Buffer }[], window = 0x38): Buffer {
  const parts = blocks.map(({ type, size, data }, index) => {
    const header = (size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0);
    return Buffer.concat([Buffer.of(header & 255, (header >> 8) & 255, header >> 16), data]);
  });
  return Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.of(0, window), ...parts]);
}

function raw(text: string): { type: 0; size: number; data: Buffer } {
  return { type: 0, size: Buffer.byteLength(text), data: Buffer.from(text) };
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('zstd', () => {
  it.each([
    ['one frame', ONE_FRAME],
    ['two frames', TWO_FRAMES],
    ['frames with others to skip', Buffer.concat([SKIPPED, ONE_FRAME.subarray(0), SKIPPED])],
    ['in a ZIP archive', zipOf([{ name: 'a.csv', content: CSV, method: 93, data: ONE_FRAME }])],
    ['by hand', frame([raw('a,b\n'), raw(CSV.slice(4))])],
  ])('is read: %s', async (_name, content) => {
    for (const windowBytes of [7, 4096]) {
      const { records } = await readAll(entry(content), { tuning: { windowBytes } });
      expect(records).toHaveLength(60);
      expect(records[59]).toEqual({ a: '59', b: 'value 59' });
    }
  });

  it('that ends too early is an error wherever it is cut', async () => {
    for (let length = 5; length < TWO_FRAMES.length; length++) {
      // Between the two frames, the first is whole.
      const result = await readAll(entry(TWO_FRAMES.subarray(0, length))).catch((error: unknown) => error);
      if (result instanceof InputError) expect(result.code).toBe('zstd-truncated');
      else expect(length).toBe(TWO_FRAMES.indexOf(TWO_FRAMES.subarray(0, 4), 4));
    }
  });

  it('that is damaged is an error of the file, or goes unseen; never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: ONE_FRAME.length - 1 }), fc.nat(255), async (at, byte) => {
        const broken = Buffer.from(ONE_FRAME);
        broken[at] = byte;
        const result = await readAll(entry(broken, { on_error: 'skip' })).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
      }),
      { numRuns: 200 },
    );
  });

  it('that asks for more memory than zstd itself would give is refused', async () => {
    const large = frame([raw(CSV)], 0xb0);
    await expect(readAll(entry(large))).rejects.toMatchObject({ code: 'zstd-window' });
  });

  it('that becomes very long is read in bounded memory', async () => {
    const block = { type: 1 as const, size: 128 * 1024, data: Buffer.from('x') };
    const bomb = frame(Array.from({ length: 8000 }, () => block));
    expect(bomb.length).toBeLessThan(35_000);
    const before = process.memoryUsage().rss;
    const source = await unzstd(
      chunkSource(chunks(bomb), async () => undefined),
      'bomb',
    );
    const target = Buffer.alloc(256 * 1024);
    let bytes = 0;
    for (;;) {
      const got = await source.read(target, 0, target.length);
      if (got === 0) break;
      bytes += got;
    }
    expect(bytes).toBe(8000 * 128 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('whose blocks are longer than allowed is damaged', async () => {
    const bomb = frame([{ type: 1, size: 2 ** 21 - 1, data: Buffer.from('x') }]);
    await expect(readAll(entry(bomb))).rejects.toMatchObject({ code: 'zstd-damaged' });
  });
});

describe('other compression', () => {
  it.each([
    ['xz', Buffer.from('fd377a585a000004', 'hex')],
    ['lz4', Buffer.from('04224d186440a7', 'hex')],
    ['7z', Buffer.from('377abcaf271c0004', 'hex')],
    ['compress', Buffer.from('1f9d90', 'hex')],
  ])('%s is refused by name', async (name, content) => {
    const refused = readAll(entry(content));
    await expect(refused).rejects.toMatchObject({ code: 'compression-unknown', exitCode: 1 });
    await expect(refused).rejects.toThrow(name);
  });

  it('is not seen in text that begins alike', async () => {
    expect((await readAll(entry(Buffer.from('BZhello,b\n1,2\n')))).records).toEqual([{ BZhello: '1', b: '2' }]);
  });
});
