import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { checkins, HEADER, writeCheckins } from '../../../examples/checkins/generate.mjs';

const rows = [...checkins()].map((row) => row.split(','));
const share = (accept: (row: readonly string[]) => boolean): number => rows.filter(accept).length / rows.length;

const ISO = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? UTC$/;
const AMERICAN = /^\d\d\/\d\d\/\d{4} \d\d:\d\d [AP]M$/;
const RUSSIAN = /^\d{1,2} [а-я]+ \d{4} \d\d:\d\d$/;

test('the same seed gives the same rows, another seed others', () => {
  const text = (seed: number): string => [...checkins({ rows: 500, seed })].join('\n');
  expect(text(7)).toBe(text(7));
  expect(text(7)).not.toBe(text(8));
});

test.each([0, 1, 2, 99, 5000])('exactly %i rows are made', (count) => {
  expect([...checkins({ rows: count })]).toHaveLength(count);
});

test('every row has the four columns of the header', () => {
  expect(HEADER.split(',')).toHaveLength(4);
  expect(rows).toHaveLength(20_500);
  expect(rows.every((row) => row.length === 4)).toBe(true);
});

test('nine timestamps in ten are ISO, the others American or Russian', () => {
  const kinds = [ISO, AMERICAN, RUSSIAN].map((kind) => share(([, timestamp]) => kind.test(timestamp ?? '')));
  expect(kinds.reduce((sum, part) => sum + part)).toBeCloseTo(1);
  expect(kinds[0]).toBeCloseTo(0.9, 1);
  expect(kinds[1]).toBeCloseTo(0.05, 2);
  expect(kinds[2]).toBeCloseTo(0.05, 2);
});

test('newest first', () => {
  const times = rows.map(([, timestamp]) => timestamp ?? '').filter((timestamp) => ISO.test(timestamp));
  const falling = times.filter((time, index) => index === 0 || time.slice(0, 10) <= times[index - 1]!.slice(0, 10));
  expect(falling.length / times.length).toBeGreaterThan(0.999);
  expect(times[0]).toMatch(/^2019/);
  expect(times.at(-1)).toMatch(/^2010/);
});

test('it is as dirty as such files are: users left out, typing errors, exact duplicates, impossible hours', () => {
  expect(rows.filter(([user]) => user === '')).toHaveLength(5);
  const projects = new Set(rows.map((row) => row[3] ?? ''));
  expect([...projects].filter((project) => /^project-\d\d$/.test(project))).toHaveLength(75);
  expect([...projects].filter((project) => /lights?-?h?o/.test(project)).length).toBeGreaterThan(2);
  const duplicates = rows.length - new Set(rows.map(String)).size;
  expect(duplicates / rows.length).toBeGreaterThan(0.02);
  expect(duplicates / rows.length).toBeLessThan(0.05);
  expect(rows.filter((row) => Number(row[2]) > 24)).toHaveLength(1);
  expect(rows.filter((row) => Number(row[2]) === 0)).toHaveLength(2);
});

test('a slow reader is waited for, and gets header and rows', async () => {
  let text = '';
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk, _, done) {
      text += String(chunk);
      setImmediate(done);
    },
  });
  await writeCheckins(slow, { rows: 3000 });
  slow.end();
  await new Promise((resolve) => slow.on('finish', resolve));
  expect(text).toBe(`${[HEADER, ...checkins({ rows: 3000 })].join('\n')}\n`);
});
