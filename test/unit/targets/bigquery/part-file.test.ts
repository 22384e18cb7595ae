import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartFile } from '../../../../targets/bigquery/parts/part-file.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

function plain(path: string, compression: 'gzip' | 'none'): Buffer {
  const bytes = readFileSync(path);
  return compression === 'gzip' ? gunzipSync(bytes) : bytes;
}

const blocks = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.nat({ max: 300_000 }).map((size) => Buffer.alloc(size + 1, 'row ')),
    fc.nat({ max: 300_000 }).map((size) => randomBytes(size + 1)),
  ),
  { maxLength: 9 },
);

describe.each(['gzip', 'none'] as const)('a file of rows, compression %s', (compression) => {
  test('holds what was written, in order, whatever the sizes of blocks and writes', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(blocks, { minLength: 1, maxLength: 3 }), async (writes) => {
        const file = new PartFile({ path: join(folder, String(made++)), compression });
        for (const write of writes) await file.write(write);
        await file.end();
        const all = Buffer.concat(writes.flat());
        if (all.length === 0) return;
        expect(plain(file.path, compression).equals(all)).toBe(true);
        expect(statSync(file.path)).toMatchObject({ size: file.bytes });
        expect(statSync(file.path).mode & 0o777).toBe(0o600);
      }),
      { numRuns: 40 },
    );
  });

  test('is parted at its mark into two whole files, and is one where it is not', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    let made = 0;
    const filled = blocks.filter((list) => list.length > 0);
    await fc.assert(
      fc.asyncProperty(filled, filled, filled, fc.boolean(), async (before, behind, later, isParted) => {
        const file = new PartFile({ path: join(folder, String(made++)), compression });
        await file.write(before);
        file.mark();
        await file.write(behind);
        const rest = isParted ? await file.split(join(folder, String(made++))) : undefined;
        await (rest ?? file).write(later);
        await file.end();
        await rest?.end();
        const [first, second] = [Buffer.concat(before), Buffer.concat([...behind, ...later])];
        expect(plain(file.path, compression).equals(rest ? first : Buffer.concat([first, second]))).toBe(true);
        if (rest) expect(plain(rest.path, compression).equals(second)).toBe(true);
        expect(statSync(file.path).size).toBe(file.bytes);
      }),
      { numRuns: 40 },
    );
  });

  test(
    'in pieces: each is a whole file by itself and says where it begins, also where the file is parted',
    { timeout: 60_000 },
    async () => {
      const folder = temporaryFolder();
      let made = 0;
      const filled = blocks.filter((list) => list.length > 0);
      const parting = fc.constantFrom('no mark', 'mark', 'split');
      await fc.assert(
        fc.asyncProperty(filled, filled, parting, fc.nat({ max: 200_000 }), async (before, behind, how, pieceBytes) => {
          const file = new PartFile({ path: join(folder, String(made++)), compression, pieceBytes });
          await file.write(before);
          if (how !== 'no mark') file.mark();
          await file.write(behind);
          const rest = how === 'split' ? await file.split(join(folder, String(made++))) : undefined;
          await file.end();
          await rest?.end();
          expectPieces(file, rest === undefined ? [...before, ...behind] : before);
          if (rest !== undefined) expectPieces(rest, behind);
        }),
        { numRuns: 60 },
      );

      function expectPieces(file: PartFile, wanted: readonly Buffer[]): void {
        const all = Buffer.concat(wanted);
        const bytes = readFileSync(file.path);
        expect(plain(file.path, compression).equals(all)).toBe(true);
        expect(file.pieces[0]).toEqual({ start: 0, position: 0 });
        for (const [i, { position, start }] of file.pieces.entries()) {
          const { start: end = bytes.length, position: to = all.length } = file.pieces[i + 1] ?? {};
          const piece = bytes.subarray(start, end);
          const content = compression === 'gzip' ? gunzipSync(piece) : piece;
          expect(content.equals(all.subarray(position, to))).toBe(true);
          expect(content.length).toBeGreaterThan(0);
        }
      }
    },
  );

  test('that cannot be written ends in an error that says where and what to do', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const file = new PartFile({ path: join(folder, 'file', 'rows'), compression });
    await expect(file.write([Buffer.from('a\n')])).rejects.toMatchObject({ code: 'disk', facts: { cause: 'ENOTDIR' } });
  });
});

test('a compressed file has one member: readers that know no more read it whole', async () => {
  const file = new PartFile({ path: join(temporaryFolder(), 'one'), compression: 'gzip' });
  for (let i = 0; i < 3; i++) await file.write([Buffer.from('row\n'.repeat(100_000)), Buffer.from('x\n')]);
  await file.end();
  const bytes = readFileSync(file.path);
  // Between head and trailer: one stream, which ends where it says so.
  expect(inflateRawSync(bytes.subarray(10, -8))).toHaveLength(3 * 400_002);
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(3 * 400_002);
});
