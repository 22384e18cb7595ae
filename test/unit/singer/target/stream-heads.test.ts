import { expect, test } from 'vitest';
import { StreamHeads } from '../../../../singer/target/stream-heads.ts';

const NAMES = ['a', 'public-orders', 'a "quoted" name', 'поток', 'constructor'];

function finder(): (line: string) => string | undefined {
  const heads = new StreamHeads<string>();
  for (const name of NAMES) heads.set(name, name);
  return (line) => {
    const bytes = Buffer.from(`before\n${line}\n`);
    return heads.find(bytes, 7, bytes.length);
  };
}

test.each(NAMES)('a RECORD line of %s is known by its head, however it is spaced and spelled', (stream) => {
  const find = finder();
  const name = JSON.stringify(stream);
  const ascii = name.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  for (let round = 0; round < 2; round++) {
    expect(find(`{"type":"RECORD","stream":${name},"record":{}}`)).toBe(stream);
    expect(find(` { "type": "RECORD", "stream": ${ascii}, "record": {}}`)).toBe(stream);
  }
});

test.each([
  '{"type":"RECORD","stream":"b","record":{}}',
  '{"type":"RECORD","stream":"a',
  '{"type":"RECORD","stream":"',
  '{"type":"RECORD","stream":5}',
  '{"stream":"a","type":"RECORD"}',
  '{"type":"STATE","stream":"a"}',
  '{"type":"RECORDS","stream":"a"}',
  '',
])('%s is of no stream that its head tells', (line) => {
  const find = finder();
  expect(find(line)).toBeUndefined();
  expect(find('{"type":"RECORD","stream":"a","record":{}}')).toBe('a');
  expect(find(line)).toBeUndefined();
});

test('a stream that is announced anew has its new value', () => {
  const heads = new StreamHeads<number>();
  heads.set('a', 1);
  heads.set('b', 2);
  heads.set('a', 3);
  const line = (name: string): Buffer => Buffer.from(`{"type":"RECORD","stream":"${name}"}\n`);
  expect(['a', 'b'].map((name) => heads.find(line(name), 0, 29))).toEqual([3, 2]);
});
