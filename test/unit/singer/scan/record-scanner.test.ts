import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../../singer/json.ts';
import { NameTable, spellings } from '../../../../singer/scan/name-table.ts';
import { createRecordScanner, type RecordScanner } from '../../../../singer/scan/record-scanner.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { Kind } from '../../../../singer/scan/slot-checks.ts';

/** More lines than there are. */
const NEVER = 1e9;

/** A scanner that learns its shapes soon. */
function scannerOf(
  properties: Record<string, unknown>,
  keys: string[],
  compileAfter: number,
  more: JsonSchema = {},
): RecordScanner {
  const schema = { type: 'object', properties, ...more };
  const header = { stream: 's', schema, columns: columnsOf(schema), keys, notesChanges: false };
  return createRecordScanner(header, { validated: true, watched: ['w'], learnAfter: 1, compileAfter })!;
}

/** Scans lines of one chunk one after another; gives the record's text of each, undefined for a refused line. */
function records(given: RecordScanner, lines: readonly string[]): (string | undefined)[] {
  const chunk = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  let start = 0;
  return lines.map((line) => {
    const end = start + Buffer.byteLength(line) + 1;
    const accepted = given.scan(chunk, start, chunk.length);
    if (accepted) expect(given.lineEnd).toBe(end);
    start = end;
    return accepted ? chunk.toString('utf8', given.recordStart, given.recordEnd) : undefined;
  });
}

const STRING = { type: 'string' };
const line = (record: string, rest = ''): string => `{"type":"RECORD","stream":"s","record":${record}${rest}}`;

describe.each([
  ['in tables', NEVER],
  ['compiled', 0],
])('a record scanner with its shapes %s', (_, compileAfter) => {
  const scanner = (properties: Record<string, unknown>, keys: string[] = []): RecordScanner =>
    scannerOf(properties, keys, compileAfter);

  it('tells where the record stands, whatever surrounds it', () => {
    const given = scanner({ a: STRING, b: { type: 'integer' } });
    const lines = [
      line('{"a":"x","b":1}'),
      line('{"a":"longer","b":-12345}'),
      line('{"a":"x"}', ',"time_extracted":"2024-01-01T00:00:00Z"'),
      line('{"b":7}', ',"time_extracted":null,"version":12'),
      line('{}'),
      line('{"a":"x","b":1}\r').replace('}\r}', '}}\r'),
      '{ "record" : { "b" : 1 , "a" : "}" } , "stream" : "s" , "type" : "RECORD" }',
      '{"type":"RECORD","stream":"s","more":[{"record":1}],"record":{"b":1}}',
    ];
    const expected = [
      '{"a":"x","b":1}',
      '{"a":"longer","b":-12345}',
      '{"a":"x"}',
      '{"b":7}',
      '{}',
      '{"a":"x","b":1}',
      '{ "b" : 1 , "a" : "}" }',
      '{"b":1}',
    ];
    expect(records(given, lines)).toEqual(expected);
    // Once more, when shapes of all of them have been learned on the way.
    for (let i = 0; i < lines.length; i++)
      expect(records(given, [lines[i]!, lines[i]!, lines[i]!])).toEqual(Array.from({ length: 3 }, () => expected[i]));
  });

  it('tells what stands in each slot', () => {
    const given = scanner({ a: STRING, b: { type: ['number', 'null'] }, c: { type: 'object' }, d: { type: 'boolean' } });
    const text = line('{"a":"x\\n","b":1.5,"c":{"d":[]},"d":true}', ',"version":3');
    const chunk = Buffer.from(`${text}\n`);
    for (let i = 0; i < 3; i++) {
      expect(given.scan(chunk, 0, chunk.length)).toBe(true);
      const found = [0, 1, 2, 3, given.versionSlot].map((slot) => [
        given.kinds[slot],
        chunk.toString('utf8', given.starts[slot], given.ends[slot]),
      ]);
      expect(found).toEqual([
        [Kind.escaped, '"x\\n"'],
        [Kind.decimal, '1.5'],
        [Kind.nested, '{"d":[]}'],
        [Kind.true, 'true'],
        [Kind.integer, '3'],
      ]);
      expect([given.kinds[given.timeExtractedSlot], given.kinds[given.versionSlot + 1]]).toEqual([Kind.absent, Kind.absent]);
    }
  });

  it.each([
    ['another stream', '{"type":"RECORD","stream":"t","record":{"id":"x"}}'],
    ['another type', '{"type":"STATE","stream":"s","record":{"id":"x"}}'],
    ['a lower-case type', '{"type":"record","stream":"s","record":{"id":"x"}}'],
    ['no key', line('{"a":"x"}')],
    ['a null where none is valid', line('{"id":null}')],
    ['a name twice', line('{"id":"x","id":"y"}')],
    ['a message member twice', line('{"id":"x"}', ',"type":"STATE"')],
    ['a message member twice in a rare spelling', line('{"id":"x"}', ',"t\\u0079pe":"STATE"')],
    ['a name in a rare spelling', line('{"id":"x","\\u0061":"y"}')],
    ['a wrong type', line('{"id":1}')],
    ['a control character', line('{"id":"\u0001"}')],
    ['half an escape', line('{"id":"\\u00"}')],
    ['a record that does not end', '{"type":"RECORD","stream":"s","record":{"id":"x"}'],
    ['more after the end', `${line('{"id":"x"}')}}`],
    ['half a line', '{"type":"RECORD","stream":"s","rec'],
    ['an empty line', ''],
    ['a record that is none', line('[]')],
    ['a comma too many', line('{"id":"x",}')],
  ])('refuses %s, before and after it has learned', (_, bad) => {
    const given = scanner({ id: STRING, a: STRING }, ['id']);
    const good = line('{"id":"x","a":"y"}');
    expect(records(given, [bad, good, good, bad, good])).toEqual([
      undefined,
      '{"id":"x","a":"y"}',
      '{"id":"x","a":"y"}',
      undefined,
      '{"id":"x","a":"y"}',
    ]);
  });

  it('does not take a missing member for the end of the record', () => {
    const given = scanner({ a: STRING, b: STRING });
    const whole = line('{"a":"x","b":"y"}', ',"time_extracted":"2024"');
    const broken = '{"type":"RECORD","stream":"s","record":{"a":"x"}';
    expect(records(given, [whole, whole, broken, whole])[2]).toBeUndefined();
  });

  it('reads bare records, one a line, and nothing else', () => {
    const schema = { type: 'object', properties: { id: STRING, a: STRING } };
    const header = { stream: 's', schema, columns: columnsOf(schema), keys: ['id'], notesChanges: false };
    const given = createRecordScanner(header, { validated: false, bare: true, learnAfter: 1, compileAfter })!;
    const good = ['{"id":"x","a":"y"}', '{"id":"long"}', '{"a":"}","id":"x"}', '{"id":"{\\""}'];
    const bad = ['{}', '', '{"id":"x"', '{"id":"x"}}', '{"id":"x"}{"id":"x"}', '{"id":"x","id":"y"}', '{"a":"x"}', '{"id":"x","b":1}', '[]', line('{"id":"x"}')]; // prettier-ignore
    for (let i = 0; i < 3; i++) {
      for (const text of good) expect(records(given, [...bad, text, text])).toEqual([...bad.map(() => undefined), text, text]);
    }
    expect(records(given, [' { "id" : "x" } \r', '{"id":"x"}\r'])).toEqual(['{ "id" : "x" }', '{"id":"x"}']);
  });

  it('knows at most so many names outside the schema', () => {
    const given = scanner({ a: STRING });
    const lines = Array.from({ length: 100 }, (_, i) => line(`{"a":"x","extra${i}":1}`));
    for (const text of lines) {
      expect(records(given, [text])).toEqual([undefined]);
      given.acceptUnknown();
    }
    const known = records(given, lines).filter((record) => record !== undefined).length;
    expect(known).toBe(64);
  });

  it('does not know a name before the refused line has been dealt with', () => {
    const given = scanner({ a: STRING });
    const text = line('{"a":"x","extra":1}');
    expect(records(given, [text, text])).toEqual([undefined, undefined]);
  });

  it('reads streams of hundreds of columns', () => {
    const properties = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`column_${i}`, { type: ['null', 'integer'] }]));
    const given = scanner(properties);
    const make = (from: number) => `{${Object.keys(properties).slice(from).map((name, i) => `"${name}":${i * from}`).join(',')}}`; // prettier-ignore
    const all = [1, 0, 0, 5, 150, 40, 0].map(make);
    expect(
      records(
        given,
        all.map((record) => line(record)),
      ),
    ).toEqual(all);
  });
});

describe('a name table', () => {
  it('finds every name by each of its spellings, and no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 6 }), { minLength: 1, maxLength: 60 }), (names) => {
        const table = new NameTable();
        const [other, ...known] = names;
        known.forEach((name, i) => spellings(name).forEach((spelling) => table.add(spelling, i)));
        known.forEach((name, i) => {
          for (const spelling of spellings(name)) expect(table.read(Buffer.from(`"${spelling.toString()}":`), 1)).toBe(i);
        });
        for (const spelling of spellings(other!)) expect(table.read(Buffer.from(`${spelling.toString()}":`), 0)).toBe(-1);
      }),
    );
  });
});
