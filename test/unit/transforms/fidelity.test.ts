import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../../../singer/index.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { type Message, schemaOf, transform } from './run.ts';
import { expectValid } from './valid.ts';

/** Rules that hold records back, for how long, and what in a record that comes out tells the numbers of those it was made of. */
const HOLDING: readonly (readonly [string, JsonObject])[] = [
  ['dedupe to the end', { dedupe: { by: ['id'], keep: 'last' } }],
  ['dedupe by the greatest', { dedupe: { by: ['id'], keep: 'max(n)' } }],
  ['dedupe within a window', { dedupe: { by: ['id'], keep: 'last', scope: 'window 2' } }],
  ['dedupe of neighbours', { dedupe: { by: ['id'], keep: 'last', scope: 'consecutive' } }],
  ['aggregate', { aggregate: { time: 'at', every: '10m', by: ['id'], functions: { n: ['max'] } } }],
  [
    'two of them',
    {
      dedupe: { by: ['id'], keep: 'last' },
      then: { aggregate: { time: 'at', every: '1h', by: ['id'], functions: { n: ['max'] } } },
    },
  ],
];

const SCHEMA = JSON.stringify({
  ...schemaOf('s', { id: { type: 'integer' }, n: { type: 'number' }, at: { type: 'string', format: 'date-time' } }, ['id', 'at']),
  bookmark_properties: ['at'],
  owner: { team: 'sales' },
});
const OTHER = '{"type": "SCHEMA", "stream": "o", "schema": {"properties": {}}, "key_properties": [], "x": 1.0}';
const record = (id: number, n: number, minute: number): string =>
  `{"type":"RECORD","stream":"s","record":{"id":${id},"n":${n}.0,"at":"2026-01-01T00:${String(minute).padStart(2, '0')}:00Z"},` +
  `"time_extracted":"2026-01-02T00:00:0${n}Z","version":7,"source":{"page":${n}.50}}`;

/** The number of the record, or of the last of those that a row was made of. */
function numberOf({ record }: Message): number {
  const { n, n_max } = record as { n?: number; n_max?: number };
  return Number(n ?? n_max);
}

describe.each(HOLDING)('%s', (_, rules) => {
  const lines = [
    SCHEMA,
    OTHER,
    record(1, 1, 1),
    '{"type": "STATE", "value": {"n": 1.0}}',
    '{"type":"RECORD","stream":"o","record":{"a":1.0}, "z":[ ]}',
    record(2, 2, 2),
    '{"type":"NEWS","stream":"s","text":1.0}',
    record(1, 3, 12),
    '{"type":"ACTIVATE_VERSION","stream":"s","version":7,"reason":1.0}',
    '{"type": "STATE", "value": {"n": 3.0}, "by": "tap"}',
    record(1, 4, 13),
    '{"type":"ACTIVATE_VERSION","stream":"o","version":1.0}',
    '{"type": "STATE", "value": {"n": 4.0}}',
  ];

  test('every message keeps what it says, and STATE and ACTIVATE_VERSION wait for the records before them', async () => {
    for (const chunkBytes of [1, 1 << 20]) {
      const out = await transform({ transforms: { s: rules } }, lines, { chunkBytes });
      expectValid(out);
      const left = out.text.trimEnd().split('\n');
      // What is of no stream that is held, or says nothing of records, is there byte for byte, in its order.
      const kept = lines.filter((line) => /STATE|NEWS|ACTIVATE|"o"/.test(line));
      expect(left.filter((line) => kept.includes(line)).toSorted()).toEqual(kept.toSorted());
      const inOrder = (pattern: RegExp): void =>
        expect(left.filter((line) => pattern.test(line))).toEqual(lines.filter((line) => pattern.test(line)));
      inOrder(/"STATE"/);
      inOrder(/"ACTIVATE_VERSION"/);
      inOrder(/"o"/);
      expect(out.schema('s')).toMatchObject({ owner: { team: 'sales' } });
      for (const message of out.messages.filter(({ stream, type }) => type === 'RECORD' && stream === 's')) {
        const n = numberOf(message);
        const source = { page: new ExactNumber(`${n}.50`) };
        expect(message).toMatchObject({ time_extracted: `2026-01-02T00:00:0${n}Z`, version: 7, source });
        expect(out.text).toContain(`"page":${n}.50`);
      }
      // No record that came before a STATE, or an ACTIVATE_VERSION of its stream, leaves behind it.
      let least = 0;
      for (const message of out.messages) {
        if (message.type === 'STATE') least = Math.max(least, (message['value'] as { n: number }).n);
        if (message.type === 'ACTIVATE_VERSION' && message.stream === 's') least = Math.max(least, 3);
        if (message.type === 'RECORD' && message.stream === 's') expect(numberOf(message)).toBeGreaterThan(least);
      }
      expect(Math.max(...out.messages.filter(({ stream, type }) => type === 'RECORD' && stream === 's').map(numberOf))).toBe(4);
    }
  });

  test.each(['none', 'gzip'])('the records of a BATCH (%s) come out as those of RECORD messages would', async (compression) => {
    const folder = temporaryFolder();
    const bare = [record(1, 1, 1), record(2, 2, 2), record(1, 3, 12), record(1, 4, 13)].map((line) =>
      JSON.stringify((JSON.parse(line) as JsonObject)['record']),
    );
    const path = join(folder, 'a.jsonl');
    await writeFile(path, compression === 'gzip' ? gzipSync(`${bare.join('\n')}\n`) : `${bare.join('\n')}\n`);
    const batch = {
      type: 'BATCH',
      stream: 's',
      encoding: { format: 'jsonl', compression },
      manifest: [pathToFileURL(path).href],
      time_extracted: '2026-01-02T00:00:00Z',
    };
    const config = { transforms: { s: rules } };
    const state = { type: 'STATE', value: { n: 4 } };
    const direct = await transform(config, [
      SCHEMA,
      ...bare.map((line) => `{"type":"RECORD","stream":"s","record":${line}}`),
      state,
    ]);
    for (const rewrite of [true, false]) {
      const out = await transform(config, [SCHEMA, batch, state], { batches: { rewrite } });
      expect(out.messages.at(-1)).toEqual(state);
      const sorted = (records: readonly Json[]): string[] => records.map((record) => JSON.stringify(record)).toSorted();
      expect(sorted(await recordsOf(out.messages))).toEqual(sorted(direct.records('s')));
      for (const { time_extracted, type } of out.messages) {
        if (type === 'RECORD' || type === 'BATCH') expect(time_extracted).toBe('2026-01-02T00:00:00Z');
      }
    }
  });
});

/** Those of RECORD messages, and those in the files of BATCH messages (never compressed here unless told). */
async function recordsOf(messages: readonly Message[]): Promise<Json[]> {
  const all: Json[] = [];
  for (const message of messages) {
    if (message.type === 'RECORD') all.push(message['record']!);
    if (message.type !== 'BATCH') continue;
    const { encoding, manifest } = message as unknown as { encoding: { compression: string }; manifest: string[] };
    for (const url of manifest) {
      const bytes = await readFile(fileURLToPath(url));
      const text = (encoding.compression === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      for (const line of text.split('\n')) if (line !== '') all.push(JSON.parse(line) as Json);
    }
  }
  return all.filter((one) => isJsonObject(one));
}
