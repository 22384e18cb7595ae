import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordError } from '../../../../singer/errors.ts';
import { ExactNumber, type Row } from '../../../../singer/json.ts';
import { rowEncoder, type RowColumn } from '../../../../singer/tap/rows.ts';
import { keepingLog } from '../../../support/memory-tap.ts';

function encoder(columns: readonly (string | RowColumn)[], o: { keys?: string[]; deselected?: string[] } = {}) {
  const log = keepingLog();
  const encode = rowEncoder({
    stream: 's',
    columns: columns.map((column) => (typeof column === 'string' ? { name: column, cut: undefined, coerce: undefined } : column)),
    keys: o.keys ?? [],
    deselected: new Set(o.deselected),
    log,
  });
  return { encode, log };
}

/** A row as a careless tap may give it. */
function loose(row: Record<string, unknown>): Row {
  return row as Row;
}

describe('rowEncoder', () => {
  it('writes selected properties in column order', () => {
    const { encode, log } = encoder(['b', 'a'], { deselected: ['c'] });
    expect(encode({ a: 1, c: 2, b: 'x' })).toBe('{"b":"x","a":1}');
    expect(log.lines).toEqual([]);
  });

  it('keeps null and leaves out what is absent', () => {
    expect(encoder(['a', 'b', 'c']).encode({ a: null, b: undefined })).toBe('{"a":null}');
  });

  it('writes numbers exactly', () => {
    const row = {
      a: new ExactNumber('12345678901234567890.10'),
      b: 2n ** 80n,
      c: -0,
      d: 1e21,
      e: 0.1,
      f: [new ExactNumber('1e400'), { g: new ExactNumber('1.0') }],
    };
    expect(encoder(Object.keys(row)).encode(loose(row))).toBe(
      '{"a":12345678901234567890.10,"b":1208925819614629174706176,"c":-0,"d":1e+21,"e":0.1,"f":[1e400,{"g":1.0}]}',
    );
  });

  it('writes NaN and infinities as null and says so once per property', () => {
    const { encode, log } = encoder(['a', 'b']);
    expect(encode({ a: NaN, b: [Infinity, 1] })).toBe('{"a":null,"b":[null,1]}');
    encode({ a: -Infinity, b: 1 });
    expect(log.lines.map((line) => line.fields)).toEqual([
      { stream: 's', property: 'a' },
      { stream: 's', property: 'b' },
    ]);
  });

  it('writes times in UTC, and null with a warning for one that RFC 3339 cannot say', () => {
    const { encode, log } = encoder(['a', 'b', 'c']);
    const row = { a: new Date('2020-01-02T03:04:05.678+02:00'), b: new Date(NaN), c: new Date(8.64e15) };
    expect(encode(loose(row))).toBe('{"a":"2020-01-02T01:04:05.678Z","b":null,"c":null}');
    expect(log.lines).toHaveLength(2);
  });

  it('refuses what JSON cannot hold, naming the property and not the value', () => {
    for (const value of [new Map(), Buffer.from('secret'), () => 1, Symbol('secret')]) {
      expect(() => encoder(['a']).encode(loose({ a: value }))).toThrow(RecordError);
      expect(() => encoder(['a']).encode(loose({ a: value }))).toThrow(/"a" in stream "s"/);
      expect(() => encoder(['a']).encode(loose({ a: value }))).not.toThrow(/secret/);
    }
  });

  it('refuses a record without its key', () => {
    expect(() => encoder(['a', 'b'], { keys: ['b'] }).encode({ a: 1 })).toThrow(/"b"/);
    expect(encoder(['a', 'b'], { keys: ['b'] }).encode({ b: null })).toBe('{"b":null}');
  });

  it('tells once of a property that nobody announced', () => {
    const { encode, log } = encoder(['a'], { deselected: ['c'] });
    for (let i = 0; i < 3; i++) expect(encode({ a: 1, b: 2, c: 3 })).toBe('{"a":1}');
    expect(log.lines.map((line) => line.fields)).toEqual([{ stream: 's', property: 'b' }]);
  });

  it('does not take what objects inherit for a value', () => {
    const names = ['constructor', 'toString', '__proto__'];
    expect(encoder(names).encode({})).toBe('{}');
    const row = JSON.parse('{"__proto__":{"x":1},"constructor":"c"}') as Row;
    expect(encoder(names).encode(row)).toBe('{"constructor":"c","__proto__":{"x":1}}');
  });

  it('cuts inside objects and arrays', () => {
    const cut = { fields: new Map([['x', undefined], ['list', { items: { fields: new Map([['y', undefined]]) } }]]) } as const; // prettier-ignore
    const { encode } = encoder([{ name: 'a', cut, coerce: undefined }]);
    expect(encode({ a: { x: { deep: 1 }, z: 2, list: [{ y: 1, z: 2 }, null, {}] } })).toBe(
      '{"a":{"x":{"deep":1},"list":[{"y":1},null,{}]}}',
    );
    expect(encode({ a: null })).toBe('{"a":null}');
  });

  it('writes any JSON value on one line of valid UTF-8 that reads back the same', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
    const nasty = fc.constantFrom(
      '\ud800',
      'a\udc00',
      '\u0000',
      '\u2028\u2029',
      '😀',
      '"\\\n\r\t',
      '\u007f\u0085',
      'x'.repeat(70) + '\ud800',
    );
    const check = fc.property(fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), nasty), fc.oneof(value, nasty)), (row) => {
      const text = encoder(Object.keys(row)).encode(loose(row));
      const bytes = Buffer.from(text);
      expect(text).not.toMatch(/[\n\r]/);
      expect(bytes.toString()).toBe(text);
      expect(JSON.parse(text)).toEqual(row);
    });
    fc.assert(check, { numRuns: 300 });
  });
});
