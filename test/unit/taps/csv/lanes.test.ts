import { appendFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { parse as csvParse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../../singer/index.ts';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryOf, fileStateOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

/** Writes a file of its own for each case. */
function file(content: string | Buffer): string {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return path;
}

/** Pieces of which nasty files are made; the delimiter and the quote are put in for , and ". */
const PIECES = [
  'a',
  'bc',
  'é',
  '漢',
  '😀',
  ',',
  ',',
  ',',
  '"',
  '"',
  '""',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '\u0001',
  '\\',
  "'",
  ' ',
  '\0',
];
const piece = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.constant('\xff') });
/** Text where a byte above 127 that stands alone is written raw, so that it is not UTF-8. */
const bytes = fc
  .array(piece, { maxLength: 60 })
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part, part === '\xff' ? 'latin1' : 'utf8'))));

/** A well-formed file, mostly. */
const cell = fc.oneof(
  fc.constantFrom(
    '',
    '""',
    '"a,b"',
    '"say ""hi"""',
    '"line\nbreak"',
    '"cr\r\nlf"',
    'plain',
    'ünï',
    '😀',
    'tab\there',
    '\u001f',
    'back\\slash',
    '"\\"',
  ),
  fc.stringMatching(/^[ -!#-+\--~]*$/, { maxLength: 12 }),
);
const wellFormed = fc
  .array(fc.tuple(cell, cell, cell, fc.constantFrom('\n', '\r\n')), { maxLength: 20 })
  .map((rows) => Buffer.from(rows.map(([a, b, c, end]) => `${a},${b},${c}${end}`).join('')));

const options = fc.record({
  ragged_rows: fc.constantFrom('pad', 'extra', 'skip', undefined),
  strict: fc.boolean(),
  empty_as_null: fc.boolean(),
  nul_bytes: fc.constantFrom('fail', 'keep', 'remove'),
  quotechar: fc.constantFrom('"', '"', "'", ''),
  delimiter: fc.constantFrom(',', ',', ';', '\t', '"'),
  max_field_bytes: fc.constantFrom(67_108_864, 3, 10),
  duplicate_headers: fc.constantFrom('suffix', 'last'),
  on_error: fc.constant('skip'),
});

/** A delimiter that is the quote is refused by the settings. */
const sound = (o: { quotechar: string; delimiter: string }): boolean => o.quotechar !== o.delimiter;

/** Windows and buffers so small that every border is met. */
const sizes = {
  windowBytes: fc.constantFrom(1, 2, 3, 5, 7, 64, 4096),
  batchBytes: fc.constantFrom(1, 100, 4096),
  slackBytes: fc.constantFrom(1, 64, 200, 4096),
};

describe('the fast lane and the general lane', () => {
  it('give the same bytes, bookmarks and warnings for any input, dialect, selection and window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('a,b,c\n', 'a,b,c\r\n', 'a\n', 'b,a,b,\n', '\ufeffé,"x\ny"\n'),
        fc.oneof(bytes, wellFormed),
        options.filter(sound),
        fc.record({ ...sizes, metadata: fc.boolean(), unselect: fc.nat(5) }),
        async (head, body, o, { metadata, unselect, ...size }) => {
          const path = file(Buffer.concat([Buffer.from(head), body]));
          const entry = entryOf({ paths: [path], ...(o as Partial<Entry>) });
          const all = await tried(() => readAll(entry, { metadata, tuning: { ...size, fastLane: false } }));
          if (all.error !== undefined) {
            // Only the header can still end the run.
            expect(all.error).toBeInstanceOf(InputError);
            const fast = await tried(() => readAll(entry, { metadata, tuning: { ...size, fastLane: true } }));
            expect(fast.error).toEqual(all.error);
            return;
          }
          const names = Object.keys(all.result!.stream.schema['properties'] as object);
          const columns = names.filter((_, index) => index !== unselect);
          const request = { columns };
          const general = await readAll(entry, { metadata, request, tuning: { ...size, fastLane: false } });
          const fast = await readAll(entry, { metadata, request, tuning: { ...size, fastLane: true } });
          expect(fast.text).toBe(general.text);
          expect(fast.bookmark).toEqual(general.bookmark);
          expect(fast.said).toEqual(general.said);
          // Each line is a record with exactly the columns asked for.
          for (const record of fast.records) expect(Object.keys(record).sort()).toEqual([...columns].sort());
        },
      ),
      { numRuns: 400 },
    );
  });

  it('read what csv-parse reads in a well-formed file', async () => {
    await fc.assert(
      fc.asyncProperty(wellFormed, fc.constantFrom(1, 4, 33, 4096), async (body, windowBytes) => {
        const content = Buffer.concat([Buffer.from('a,b,c\n'), body]);
        const { records } = await readAll(entryOf({ paths: [file(content)] }), { tuning: { windowBytes } });
        const expected = csvParse(content, { columns: true, record_delimiter: ['\r\n', '\n'] });
        expect(records).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('read what csv-parse reads in other dialects', async () => {
    const word = fc.stringMatching(/^[a-z0-9é漢]{0,6}$/u);
    const dialect = fc.record({
      delimiter: fc.constantFrom(';', '||', '§'),
      quotechar: fc.constantFrom('"', "'"),
      record_delimiter: fc.constantFrom('\n', '|\n', '\u001e'),
      comment: fc.constantFrom('#', '//'),
      trim: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        dialect,
        fc.array(fc.tuple(word, word, fc.boolean(), fc.boolean()), { maxLength: 10 }),
        fc.constantFrom(1, 7, 4096),
        async (d, rows, windowBytes) => {
          fc.pre(!d.record_delimiter.startsWith('|') || d.delimiter !== '||');
          const { delimiter, quotechar: quote, record_delimiter, comment, trim } = d;
          const quoted = (text: string): string => `${quote}${text}${quote}${quote}${delimiter}${record_delimiter}${quote}`;
          const lines = rows.map(([a, b, quotes, commented]) =>
            commented
              ? `${comment}${a}${delimiter}${quote}`
              : `x${a}${trim ? ' \t' : ''}${delimiter}${trim ? ' ' : ''}${quotes ? quoted(b) : b}`,
          );
          const content = ['a' + delimiter + 'b', ...lines, ''].join(record_delimiter);
          const expected = csvParse(content, {
            columns: true,
            delimiter,
            quote,
            escape: quote,
            record_delimiter,
            comment,
            comment_no_infix: true,
            trim,
          });
          const { records } = await readAll(entryOf({ paths: [file(content)], ...d }), { tuning: { windowBytes } });
          expect(records).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('write control characters, quotes and backslashes as JSON.stringify does', async () => {
    const all = Array.from({ length: 127 }, (_, code) => String.fromCharCode(code + 1)).join('');
    const text = `${all}é漢😀\u2028\ufffd`;
    const path = file(`a\n"${text.replaceAll('"', '""')}"\n`);
    for (const fastLane of [true, false]) {
      const { text: lines } = await readAll(entryOf({ paths: [path] }), { tuning: { fastLane } });
      expect(lines).toBe(`{"type":"RECORD","stream":"s","record":${JSON.stringify({ a: text })}}\n`);
    }
  });
});

describe('resuming', () => {
  it('from every bookmark on the way gives exactly the rest of a full read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(wellFormed, bytes),
        fc.constantFrom([] as string[], ['_sdc_row_hash']),
        fc.boolean(),
        fc.boolean(),
        async (body, keys, fastLane, compressed) => {
          const content = Buffer.concat([Buffer.from('a,b,c\n'), body]);
          const path = file(compressed ? gzipSync(content) : content);
          const entry = entryOf({ paths: [path], keys, on_error: 'skip' });
          const tuning = { windowBytes: 16, batchBytes: 150, fastLane };
          const whole = await readAll(entry, { metadata: true, tuning });
          let before = '';
          for (const batch of whole.batches) {
            before += batch.text;
            const rest = await readAll(entry, { metadata: true, tuning, request: { bookmark: batch.bookmark } });
            expect(before + rest.text).toBe(whole.text);
            expect(rest.bookmark).toEqual(whole.bookmark);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('from any bookmark gives exactly the rest, also after the file grew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(wellFormed, bytes),
        fc.oneof(wellFormed, bytes),
        fc.constantFrom('pad', 'skip'),
        fc.constantFrom([] as string[], ['_sdc_row_hash']),
        fc.boolean(),
        async (body, more, ragged_rows, keys, fastLane) => {
          const path = file(Buffer.concat([Buffer.from('a,b,c\n'), body]));
          const entry = entryOf({ paths: [path], keys, ragged_rows, on_error: 'skip' });
          const tuning = { windowBytes: 16, fastLane };
          const first = await readAll(entry, { metadata: true, tuning });
          appendFileSync(path, more);
          const second = await readAll(entry, { metadata: true, tuning, request: { bookmark: first.bookmark } });
          const whole = await readAll(entry, { metadata: true, tuning });
          const timeless = (records: readonly Record<string, unknown>[]): unknown[] =>
            records.map((record) => ({ ...record, _sdc_source_file_mtime: null }));
          // A last row that was not clearly at its end may have grown: it is then sent again, whole.
          const again = second.said.some((line) => line.message.includes('has grown'));
          const open = fileStateOf(first.bookmark)['open'] as { rows: number } | undefined;
          const before = again ? first.records.slice(0, open!.rows) : first.records;
          expect(timeless([...before, ...second.records])).toEqual(timeless(whole.records));
          expect(second.bookmark).toEqual(whole.bookmark);
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function tried<T>(action: () => Promise<T>): Promise<{ result?: T; error?: unknown }> {
  try {
    return { result: await action() };
  } catch (error) {
    return { error };
  }
}
