import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { afterAll, describe, expect, it } from 'vitest';
import { badByte } from '../../../../taps/csv/utf8.ts';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function entry(content: Buffer, options: Partial<Entry> = {}): Entry {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return entryOf({ paths: [path], ...options });
}

const TEXT = 'name,wort\nMüller,"größe\n€"\n';
const RECORDS = [{ name: 'Müller', wort: 'größe\n€' }];

describe('gzip', () => {
  it('is told by its first bytes, not by the name, also in several members', async () => {
    const bytes = Buffer.from(TEXT);
    const members = Buffer.concat([gzipSync(bytes.subarray(0, 11)), gzipSync(bytes.subarray(11))]);
    expect((await readAll(entry(gzipSync(bytes)))).records).toEqual(RECORDS);
    expect((await readAll(entry(members), { tuning: { windowBytes: 5 } })).records).toEqual(RECORDS);
  });

  it('that ends too early is an error wherever it is cut, after the whole rows before it', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row},${Math.imul(row, 2654435761) >>> 0}\n`).join('');
    const whole = gzipSync(Buffer.from(`a,b\n${rows}`));
    for (const length of [3, 9, 15, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      await expect(readAll(entry(whole.subarray(0, length)))).rejects.toMatchObject({ code: 'gzip-truncated', exitCode: 1 });
    }
  });

  it('with a wrong check sum is an error', async () => {
    const bytes = gzipSync(Buffer.from(TEXT));
    bytes[bytes.length - 6]! ^= 0xff;
    await expect(readAll(entry(bytes))).rejects.toMatchObject({ code: 'gzip-damaged' });
  });

  it('may hold another encoding', async () => {
    expect((await readAll(entry(gzipSync(iconv.encode(TEXT, 'utf16le', { addBOM: true }))))).records).toEqual(RECORDS);
  });
});

describe('encodings', () => {
  it.each([
    ['utf-8', Buffer.from(TEXT)],
    ['utf-8', Buffer.from(`\ufeff${TEXT}`)],
    ['utf-8-sig', Buffer.from(`\ufeff${TEXT}`)],
    ['utf-8', iconv.encode(TEXT, 'utf16le', { addBOM: true })],
    ['utf-8', iconv.encode(TEXT, 'utf16be', { addBOM: true })],
    ['utf-8', iconv.encode(TEXT, 'utf32le', { addBOM: true })],
    ['utf-8', iconv.encode(TEXT, 'utf32be', { addBOM: true })],
    ['utf-16', iconv.encode(TEXT, 'utf16be', { addBOM: true })],
    ['utf_16_le', iconv.encode(TEXT, 'utf16le')],
    ['UTF-16BE', iconv.encode(TEXT, 'utf16be')],
    ['cp1252', iconv.encode(TEXT, 'cp1252')],
    ['windows-1252', iconv.encode(TEXT, 'cp1252')],
    ['iso8859-15', iconv.encode(TEXT, 'iso885915')],
    ['mac_roman', Buffer.concat([iconv.encode(TEXT.slice(0, -3), 'macroman'), Buffer.of(0xdb), Buffer.from('"\n')])],
    ['utf-7', iconv.encode(TEXT, 'utf7')],
    ['gb18030', iconv.encode(TEXT, 'gb18030')],
  ])('%s is read', async (encoding, content) => {
    for (const windowBytes of [3, 4096]) {
      expect((await readAll(entry(content, { encoding }), { tuning: { windowBytes } })).records).toEqual(RECORDS);
    }
  });

  it('latin-1 takes every byte for a character', async () => {
    const { records } = await readAll(entry(Buffer.from('a\ncaf\xe9\x80\n', 'latin1'), { encoding: 'latin-1' }));
    expect(records).toEqual([{ a: 'café\x80' }]);
  });

  it('are cut anywhere without harm', async () => {
    const text = `a\n${'漢字😀é\n'.repeat(30_000)}`;
    for (const encoding of ['utf-16le', 'utf-16be', 'gb18030']) {
      const { records } = await readAll(entry(iconv.encode(text, encoding), { encoding }));
      expect(records).toHaveLength(30_000);
      expect(new Set(records.map((row) => row['a']))).toEqual(new Set(['漢字😀é']));
    }
  });

  it('name line and byte of what is no text in them', async () => {
    const cases: [string, Buffer, { line: number; byte: number }][] = [
      ['ascii', Buffer.from('a\nok\ncaf\xe9\n', 'latin1'), { line: 3, byte: 8 }],
      ['cp1252', Buffer.from('a\nok\n\x81\n', 'latin1'), { line: 3, byte: 5 }],
      ['utf-16le', Buffer.concat([iconv.encode('a\nok\n', 'utf16le'), Buffer.of(0x00, 0xd8, 0x41, 0x00)]), { line: 3, byte: 10 }],
      ['utf-16be', Buffer.concat([iconv.encode('a\n', 'utf16be'), Buffer.of(0xdc, 0x00)]), { line: 2, byte: 4 }],
      ['utf-16le', Buffer.concat([iconv.encode('a\n', 'utf16le'), Buffer.of(0x41)]), { line: 2, byte: 4 }],
    ];
    for (const [encoding, content, place] of cases) {
      await expect(readAll(entry(content, { encoding }))).rejects.toMatchObject({ code: 'csv-bad-byte', facts: place });
    }
  });

  it('that nobody knows are refused by name', async () => {
    await expect(readAll(entry(Buffer.from('a\n'), { encoding: 'klingon' }))).rejects.toMatchObject({ code: 'encoding-unknown' });
  });
});

describe('encoding_errors', () => {
  const bad: [string, Buffer][] = [
    ['utf-8', Buffer.from('a,b\n1,ok\n2,caf\xe9\n3,\xff\xfe\n4,ok\n', 'latin1')],
    ['ascii', Buffer.from('a,b\n1,ok\n2,caf\xe9\n3,\xff\xfe\n4,ok\n', 'latin1')],
    ['cp1252', Buffer.from('a,b\n1,ok\n2,caf\x81\n3,\x8d\x8f\n4,ok\n', 'latin1')],
    ['utf-16le', iconv.encode('a,b\n1,ok\n2,caf\ud800\n3,\udc00\ud800\n4,ok\n', 'utf-16le')],
    ['utf-16be', iconv.encode('a,b\n1,ok\n2,caf\ud800\n3,\udc00\ud800\n4,ok\n', 'utf-16be')],
  ];

  it.each(bad)('replace puts U+FFFD in place of each, counted and told: %s', async (encoding, content) => {
    for (const windowBytes of [3, 4096]) {
      const { records, said } = await readAll(entry(content, { encoding, encoding_errors: 'replace' }), {
        tuning: { windowBytes },
      });
      expect(records.map((row) => row['b'])).toEqual(['ok', 'caf\ufffd', '\ufffd\ufffd', 'ok']);
      expect(said).toContainEqual(
        expect.objectContaining({ level: 'warning', fields: expect.objectContaining({ replaced: 3 }) }),
      );
    }
  });

  it.each(bad)('skip_row leaves rows out, counted and told, whatever on_error says: %s', async (encoding, content) => {
    for (const fastLane of [true, false]) {
      const { records, said } = await readAll(entry(content, { encoding, encoding_errors: 'skip_row' }), {
        tuning: { fastLane },
      });
      expect(records.map((row) => row['a'])).toEqual(['1', '4']);
      expect(said).toContainEqual({
        level: 'warning',
        message: 'Rows with bytes that are no text were left out',
        fields: expect.objectContaining({ rows: 2, first_line: 3 }),
      });
    }
  });

  it('replace changes nothing in good text, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.constantFrom('utf-8', 'utf-16le'),
        async (text, encoding) => {
          const content = iconv.encode(`a\n"${text.replaceAll('"', '')}"\n`, encoding);
          const plain = await readAll(entry(content, { encoding, nul_bytes: 'keep' }));
          const lenient = await readAll(entry(content, { encoding, nul_bytes: 'keep', encoding_errors: 'replace' }));
          expect(lenient.text).toBe(plain.text);
        },
      ),
      { numRuns: 100 },
    );
    const long = Buffer.from(`a\n${'漢字😀é\n'.repeat(30_000)}`);
    const { records } = await readAll(entry(long, { encoding_errors: 'replace' }));
    expect(new Set(records.map((row) => row['a']))).toEqual(new Set(['漢字😀é']));
  });
});

describe('encoding detect', () => {
  it('reads each file by its own encoding and tells which', async () => {
    const files = ['utf-8', 'cp1252', 'utf16le'].map((encoding) =>
      entry(iconv.encode(TEXT, encoding, { addBOM: encoding === 'utf16le' })),
    );
    const paths = files.flatMap((file) => file.paths);
    const { records, said } = await readAll(entryOf({ paths, encoding: 'detect' }));
    expect(records).toEqual([...RECORDS, ...RECORDS, ...RECORDS]);
    const told = said.filter((line) => /^The encoding/.test(line.message)).map((line) => line.fields?.['encoding']);
    expect(told).toEqual(['utf-8', 'windows-1252', 'utf16le']);
    expect(said).toContainEqual(expect.objectContaining({ message: 'The files of the stream differ in their encoding' }));
  });
});

describe('the first bad byte', () => {
  it('is found wherever it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'é', '漢', '😀', 'x'.repeat(70), '漢'.repeat(800)), { maxLength: 50 }),
        fc.constantFrom([0xff], [0xc3], [0xe6, 0xbc], [0xf0, 0x9f, 0x98], [0x80], [0xed, 0xa0, 0x80], [0xc0, 0xaf]),
        fc.constantFrom('', 'a', 'é', 'x'.repeat(100)),
        (parts, bad, rest) => {
          const good = Buffer.from(parts.join(''));
          const bytes = Buffer.concat([Buffer.from('..'), good, Buffer.from(bad), Buffer.from(rest)]);
          expect(badByte(bytes, 2, bytes.length)).toBe(2 + good.length);
          expect(badByte(bytes, 2, 2 + good.length)).toBe(2 + good.length);
        },
      ),
    );
  });
});
