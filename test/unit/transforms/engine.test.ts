import { describe, expect, test } from 'vitest';
import { recordOf, schemaOf, transform } from './run.ts';

const USERS = schemaOf('users', { id: { type: 'integer' }, email: { type: ['string', 'null'] }, n: { type: 'number' } }, ['id']);
const config = { transforms: { users: { fields: { email: 'lower' } } } };

describe('what no rule touches', () => {
  test.each([
    '{"id":123456789012345678901234567890,"email":"a","n":1.10}',
    '{"id":1,"email":"a","n":1e400,"__proto__":{"x":1}}',
    '{"id":-0,"email":"a","u":"\\ud800","e":"\\u00e9\\/"}',
    '{ "id" : 1 , "email":"a" ,\t"n": 1.0 }',
  ])('%s stays byte for byte', async (record) => {
    const line = `{"type":"RECORD","stream":"users","record":${record},"time_extracted":"2026-01-01T00:00:00Z","more":[1.0]}`;
    const { text } = await transform(config, [USERS, line]);
    expect(text.split('\n')[1]).toBe(line);
  });

  test('lines of streams without rules pass as they are, unknown types too, whatever the chunks', async () => {
    const lines = [
      '{"type": "SCHEMA", "stream": "o", "schema": {"properties": {"a": {}}}}',
      ...Array.from({ length: 50 }, (_, i) => `{"type": "RECORD", "stream": "o", "record": {"a": ${i}.0}}`),
      '{"type":"NEWS","x":1}',
      '{"type":"STATE","value":{"b":1.0}}',
    ];
    for (const chunkBytes of [1, 100, 1 << 20]) {
      expect((await transform(config, lines, { chunkBytes })).text).toBe(`${lines.join('\n')}\n`);
    }
  });
});

describe('records in doubt', () => {
  test('of a member that stands twice the last counts, and goes through the rules', async () => {
    const line = '{"type":"RECORD","stream":"users","record":{"id":1,"email":"A","email":"B"}}';
    expect((await transform(config, [USERS, line])).records()).toEqual([{ id: 1, email: 'b' }]);
  });

  test('of a stream name that stands twice the last counts', async () => {
    const other = schemaOf('o', { email: {} });
    const head = '{"type":"RECORD","stream":"o","record":{"email":"A"}';
    const { text } = await transform(config, [USERS, other, `${head}}`, `${head}}`, `${head},"stream":"users"}`]);
    expect(text.trimEnd().split('\n').at(-1)).toBe('{"type":"RECORD","stream":"users","record":{"email":"a"}}');
  });

  test('a name spelled with escapes is the same name', async () => {
    const line = String.raw`{"type":"RECORD","stream":"users","record":{"id":1,"e\u006dail":"A"}}`;
    expect((await transform(config, [USERS, line])).records()).toEqual([{ id: 1, email: 'a' }]);
  });

  test('the record may stand before the stream', async () => {
    const { messages } = await transform(config, [
      USERS,
      '{"record":{"email":"A"},"stream":"users","type":"RECORD","version":7}',
    ]);
    expect(messages.at(-1)).toEqual({ type: 'RECORD', stream: 'users', record: { email: 'a' }, version: 7 });
  });
});

describe('what is wrong is told before a record passes', () => {
  test('a field that the schema does not have, with the nearest name', async () => {
    await expect(transform({ transforms: { users: { fields: { emial: 'lower' } } } }, [USERS])).rejects.toThrow(
      /did you mean email/,
    );
  });

  test('an operation and a parameter that do not exist', async () => {
    const wrong = { transforms: { users: { fields: { email: ['lowr', { lower: { local: 'tr' } }] } } } };
    await expect(transform(wrong, [USERS])).rejects.toThrow(/did you mean lower[^]*did you mean locale/);
  });

  test('a stream without rules whose name is nearly that of rules which hide something', async () => {
    const typo = { transforms: { usres: { fields: { email: 'redact' } } } };
    await expect(transform(typo, [USERS, recordOf('users', { email: 'a' })])).rejects.toThrow(/transforms.usres/);
    const allowed = { transforms: { ...typo.transforms, users: {} } };
    expect((await transform(allowed, [USERS, recordOf('users', { email: 'a' })])).records()).toEqual([{ email: 'a' }]);
  });
});
