import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES, plainFormat, structuredFormat, type Entry } from '../../../../singer/shell/log-format.ts';
import { createMask } from '../../../../singer/shell/mask.ts';

const same = (text: string) => text;
const entry = (message: string, fields?: Entry['fields']): Entry => ({ level: 'info', message, fields, at: 1_700_000_000_123 });
const metric = { type: 'counter', metric: 'record_count', value: 5, tags: { stream: 's' } } as const;
const exception = {
  type: 'E',
  module: 'tapline',
  message: 'm'.repeat(50_000),
  traceback: Array.from({ length: 30 }, () => ({ filename: 'f'.repeat(3000), function: 'g', lineno: 1, line: '' })),
  cause: null,
  context: null,
  notes: null,
};

const plain = plainFormat(same);
const structured = structuredFormat('tap-csv', same);
const anyFields = fc.dictionary(fc.string(), fc.jsonValue());

describe('plainFormat', () => {
  it('writes level, message and facts; quotes only where needed', () => {
    expect(plain(entry('Read', { file: 'a b.csv', rows: 5, none: undefined, list: ['x'], plain: 'x-1.csv', quote: 'a"b' }))).toBe(
      String.raw`INFO Read file="a b.csv" rows=5 list=["x"] plain=x-1.csv quote="a\"b"`,
    );
    expect(plain({ ...entry('x'), level: 'critical' })).toBe('CRITICAL x');
  });

  it('begins metrics as Singer wants them', () => {
    expect(plain({ ...entry('METRIC'), metric })).toBe(
      'INFO METRIC: {"type":"counter","metric":"record_count","value":5,"tags":{"stream":"s"}}',
    );
  });

  it('is one line of at most 16 KiB that is no JSON, whatever is logged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyFields, fc.nat(40_000), (message, fields, more) => {
        const line = plain(entry(message, { ...fields, long: '€'.repeat(more) }));
        expect(Buffer.byteLength(line)).toBeLessThan(MAX_LINE_BYTES);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(() => JSON.parse(line) as unknown).toThrow();
      }),
    );
  });

  it('marks what it cut, and cuts between characters', () => {
    const line = plain(entry('€'.repeat(20_000)));
    expect(line).toMatch(/€… \[truncated, 60005 bytes in all\]$/);
    expect(line).not.toContain('\ufffd');
  });

  it('masks before it cuts, so that no half of a secret is left', () => {
    const secret = 'hunter2secret';
    const masked = plainFormat(createMask([secret]));
    for (let pad = 16_300; pad < 16_400; pad++)
      expect(masked(entry('x'.repeat(pad) + secret + 'y'.repeat(200)))).not.toMatch(/hunt/);
  });
});

describe('structuredFormat', () => {
  const KEYS = ['level', 'pid', 'logger_name', 'ts', 'thread_name', 'app_name', 'stream_name', 'message', 'extra'];

  it('has all keys that Meltano needs, the stream in its own', () => {
    const line = JSON.parse(structured(entry('Read', { stream: 'orders', rows: 1 }))) as Record<string, unknown>;
    expect(Object.keys(line)).toEqual(KEYS);
    expect(line).toMatchObject({
      level: 'info',
      pid: process.pid,
      logger_name: 'tap-csv',
      ts: 1_700_000_000.123,
      app_name: 'tap-csv',
      stream_name: 'orders',
      message: 'Read stream=orders rows=1',
      extra: { rows: 1 },
    });
    expect(JSON.parse(structured(entry('x')))).toHaveProperty('stream_name', null);
  });

  it('renames extras that would end the log capture of Meltano', () => {
    const line = JSON.parse(
      structured(entry('x', { name: 1, event: 2, level: 3, self: 4, plugin_exception: 5, plugin_logger: 6 })),
    );
    expect(line).toHaveProperty('extra', { name_: 1, event_: 2, level_: 3, self_: 4, plugin_exception_: 5, plugin_logger_: 6 });
  });

  it('carries metrics', () => {
    expect(JSON.parse(structured({ ...entry('METRIC'), metric }))).toMatchObject({
      message: 'METRIC',
      stream_name: 's',
      metric_info: metric,
    });
  });

  it('is one JSON object of at most 16 KiB with all keys, whatever is logged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyFields, fc.nat(60_000), fc.boolean(), (message, fields, more, failed) => {
        const line = structured({
          ...entry(message, { ...fields, long: '\u0001€'.repeat(more) }),
          ...(failed ? { exception } : {}),
        });
        expect(Buffer.byteLength(line)).toBeLessThan(MAX_LINE_BYTES);
        expect(line).not.toContain('\n');
        const parsed = JSON.parse(line) as Record<string, unknown>;
        for (const key of KEYS) expect(parsed).toHaveProperty(key);
        if (failed) expect(parsed).toHaveProperty('exception.traceback[0].lineno', 1);
      }),
    );
  });

  it('masks every text, also inside lists', () => {
    const masked = structuredFormat('tap-csv', createMask(['hunter2"secret']));
    expect(masked(entry('a hunter2"secret', { list: [{ deep: 'hunter2"secret' }] }))).not.toContain('hunter2');
  });
});
