import { createRequire } from 'node:module';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { BlockPool, ByteBlocks, ExactNumber, type Json, RecordError, type Row } from '../../../singer/index.ts';
import { columnsOf } from '../../../singer/target/schema.ts';
import { createCopyEncoder } from '../../../targets/postgres/copy/encoder.ts';
import { columnType } from '../../../targets/postgres/types/types.ts';
import { nastyStrings, numberTexts, timeTexts } from '../../support/json-lines.ts';
import { describeWithPostgres } from '../../support/postgres.ts';

const copyStreams = createRequire(import.meta.url)('pg-copy-streams') as typeof import('pg-copy-streams');

const PROPERTIES = {
  n: { type: 'integer' },
  text: { type: 'string' },
  whole: { type: 'integer' },
  number: { type: 'number' },
  money: { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 },
  at: { type: 'string', format: 'date-time' },
  day: { type: 'string', format: 'date' },
  time: { type: 'string', format: 'time' },
  object: { type: 'object' },
  bytes: { type: 'string', contentEncoding: 'base64' },
};

const numbers = numberTexts
  .filter((text) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text))
  .map((text) => new ExactNumber(text));
const rows: fc.Arbitrary<Row> = fc.record({
  text: nastyStrings,
  whole: fc.option(numbers),
  number: fc.option(numbers),
  money: numberTexts,
  at: fc.option(timeTexts),
  day: fc.option(timeTexts),
  time: fc.option(timeTexts),
  object: fc.dictionary(nastyStrings, fc.oneof(nastyStrings, numbers, fc.boolean()), { maxKeys: 4, noNullPrototype: true }),
  bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64')),
});

describeWithPostgres('COPY text of the general lane', (url) => {
  it('is read by Postgres whatever the values, and text, numbers, JSON and bytes come back as they went', async () => {
    const schema = { type: 'object', properties: PROPERTIES };
    const columns = columnsOf(schema);
    const types = columns.map((column) => columnType(column)!);
    const changed = new Set<string>();
    const encoder = createCopyEncoder(
      {
        header: { stream: 's', schema, columns, keys: [], notesChanges: false },
        columns: columns.map((column, i) => ({ name: column.name, target: column.name, pgType: types[i]!.type, column })),
        metadata: [],
      },
      { startedAt: new Date(), clock: { receivedAt: new Date(), batchedAt: new Date() } },
      { validated: true, nulPolicy: 'strip', timePolicy: 'null', onChange: (column) => changed.add(column) },
    );
    const out = new ByteBlocks(new BlockPool());
    const loaded: { row: Row; unchanged: (column: string) => boolean }[] = [];
    const meta = {
      timeExtracted: undefined,
      version: undefined,
      line: Buffer.alloc(0),
      recordStart: 0,
      recordEnd: 0,
      changes: [],
    };
    for (const given of fc.sample(rows, 3000)) {
      const row = { n: loaded.length, ...given };
      changed.clear();
      try {
        encoder.encode(row, meta, out);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        continue;
      }
      const changes = new Set(changed);
      loaded.push({ row, unchanged: (column) => !changes.has(column) });
    }
    const client = new Client({ connectionString: url() });
    await client.connect();
    try {
      await client.query(`SET timezone = 'UTC'`);
      await client.query(`CREATE TABLE t (${columns.map((column, i) => `"${column.name}" ${types[i]!.sql}`).join(', ')})`);
      await pipeline(Readable.from(out.takeAll().blocks), client.query(copyStreams.from('COPY t FROM STDIN')));
      const result = await client.query<Record<string, string | null>>(
        `SELECT n, text, whole::text, number::text, encode(bytes, 'base64') AS bytes, object::text FROM t ORDER BY n`,
      );
      expect(result.rows.length).toBe(loaded.length);
      expect(loaded.length).toBeGreaterThan(500);
      loaded.forEach(({ row, unchanged }, i) => {
        const stored = result.rows[i]!;
        if (unchanged('text')) expect(stored['text']).toBe(row['text']);
        expect(stored['bytes']?.replaceAll('\n', '')).toBe(row['bytes']);
        for (const name of ['whole', 'number']) expect(sameNumber(stored[name] ?? null, row[name] ?? null)).toBe(true);
        if (unchanged('object'))
          expect(Object.keys(JSON.parse(stored['object']!) as object).length).toBe(Object.keys(row['object'] as object).length);
      });
    } finally {
      await client.end();
    }
  });
});

/** Equal as decimals, compared digit by digit. */
function sameNumber(stored: string | null, given: Json): boolean {
  if (stored === null || given === null) return stored === given;
  return digits(stored) === digits(given instanceof ExactNumber ? given.text : JSON.stringify(given));
}

function digits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text)!;
  const all = (whole + fraction).replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + all.length - significant.length}`;
}
