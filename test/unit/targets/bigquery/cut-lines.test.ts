import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutLines, writeLines } from '../../../../targets/bigquery/blame/cut-lines.ts';
import { loadLines } from '../../../../targets/bigquery/blame/load-lines.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

/** Long ones are longer than what is read at once. */
const lines = fc.array(
  fc.oneof(
    fc.string(),
    fc.integer({ min: 1, max: 100_000 }).map((length) => 'é'.repeat(length)),
  ),
  { maxLength: 12 },
);

test('the named lines are taken out, the others keep order and bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.constantFrom('gzip' as const, 'none' as const),
      fc.infiniteStream(fc.boolean()),
      async (texts, compression, choice) => {
        const folder = temporaryFolder();
        const path = join(folder, 'rows');
        const all = texts.map((text) => Buffer.from(`${JSON.stringify(text)}\n`));
        const bytes = await writeLines(path, all, compression);
        const out = new Set<number>();
        let at = 0;
        for (const line of all) {
          if (choice.next().value === true) out.add(at);
          at += line.length;
        }
        // A place within a line is none.
        const cut = await cutLines({ path, bytes, rows: all.length }, compression, new Set([...out, 1]));
        expect(new Set(cut.lines.keys())).toEqual(out);
        const rest: string[] = [];
        for await (const line of loadLines(path, compression)) rest.push(line.bytes.toString());
        at = 0;
        const expected = all.filter((line) => {
          const isOut = out.has(at);
          if (isOut) expect(cut.lines.get(at)?.equals(line)).toBe(true);
          at += line.length;
          return !isOut;
        });
        expect(rest).toEqual(expected.map(String));
        expect(cut.rest).toEqual({ path, rows: expected.length, bytes: statSync(path).size });
        expect(readdirSync(folder)).toEqual(['rows']);
      },
    ),
    { numRuns: 50 },
  );
});

test('what is read of no file fails', async () => {
  await expect(cutLines({ path: '/nowhere', bytes: 0, rows: 1 }, 'gzip', new Set([0]))).rejects.toThrow('ENOENT');
});
