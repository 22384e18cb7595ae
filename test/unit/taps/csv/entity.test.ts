import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { entityProblems, streamNameOf } from '../../../../taps/csv/entity.ts';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { openStreams } from '../../../../taps/csv/stream.ts';
import { entryOf, folder, memoryLog, runOf } from './harness.ts';
import { zipOf } from './zip-support.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

/** A folder of its own with these files, each with one row. */
function tree(names: readonly string[]): string {
  const root = temp.path(`tree${count++}`);
  for (const name of names) {
    mkdirSync(dirname(`${root}/${name}`), { recursive: true });
    writeFileSync(`${root}/${name}`, name.endsWith('.zip') ? zipOf([{ name: 'in/c.csv', content: 'a\n1\n' }]) : 'a\n1\n');
  }
  return root;
}

async function names(entries: readonly Entry[]): Promise<{ names: string[]; said: string[] }> {
  const { log, said } = memoryLog();
  const streams = await openStreams(entries, false, runOf(log));
  for (const stream of streams) await stream.close();
  return { names: streams.map((stream) => stream.id), said: said.map((line) => line.message) };
}

describe('the name of a stream', () => {
  it.each([
    ['{stem}', undefined, 'data/eu/orders.2026.csv.gz', 'orders.2026'],
    ['{name}', undefined, 'data/orders.csv', 'orders.csv'],
    ['{dir2}_{dir}', undefined, 'data/eu/orders.csv', 'data_eu'],
    ['x_{dir1}', undefined, './eu/orders.csv', 'x_eu'],
    ['{stem}', undefined, 'a.zip#in/c.csv', 'c'],
    ['{dir}-{dir2}', undefined, 'x/a.zip#in/c.csv', 'in-a'],
    ['{1}_{year}', String.raw`(\w+)-(?<year>\d{4})\.csv$`, 'data/orders-2026.csv', 'orders_2026'],
    ['plain', String.raw`eu/`, 'data/eu/orders.csv', 'plain'],
    ['plain', String.raw`us/`, 'data/eu/orders.csv', undefined],
    ['{1}', '(x)?orders', 'data/orders.csv', undefined],
    ['{dir3}', undefined, 'data/orders.csv', undefined],
    ['{1}', '(d.*rs)', 'da\u0001ta/orders.csv', 'da_ta_orders'],
    ['{stem}', undefined, '-', 'stdin'],
  ])('%s (%s) of %j is %j', (entity, entity_pattern, key, expected) => {
    expect(entityProblems({ entity, entity_pattern })).toEqual([]);
    expect(streamNameOf({ entity, entity_pattern }, { key })).toBe(expected);
  });

  it.each([
    ['', undefined, 'must not be empty'],
    ['{}', undefined, 'without a name'],
    ['{nope}', undefined, 'holds {nope}'],
    ['{1}', undefined, 'holds {1}'],
    ['{2}', '(a)', 'holds {2}'],
    ['x', '(', 'is not a regular expression'],
  ])('%j with %j is refused', (entity, entity_pattern, message) => {
    expect(
      entityProblems({ entity, entity_pattern })
        .map((problem) => problem.message)
        .join(),
    ).toContain(message);
  });

  it('is never empty and holds no slash or control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('{stem}', '{name}', '{dir}', '{1}'), (key, entity) => {
        const name = streamNameOf({ entity, entity_pattern: '(.*)' }, { key });
        if (name !== undefined) expect(name).toMatch(/^[^\p{Cc}/\\]+$/u);
      }),
    );
  });

  it('makes several streams of one pattern, and new ones as files come', async () => {
    const root = tree(['eu/orders.csv', 'eu/items.csv', 'us/orders.csv']);
    const entry = entryOf({ paths: [`${root}/**/*.csv`], entity: '{stem}' });
    expect((await names([entry])).names).toEqual(['items', 'orders']);
    writeFileSync(`${root}/us/returns.csv`, 'a\n1\n');
    expect((await names([entry])).names).toEqual(['items', 'orders', 'returns']);
  });

  it('that a file does not give leaves the file out, told', async () => {
    const root = tree(['a-1.csv', 'b.csv']);
    const found = await names([entryOf({ paths: [root], entity: '{1}', entity_pattern: '(a)-' })]);
    expect(found.names).toEqual(['a']);
    expect(found.said).toContain('Files give no name for a stream and are left out');
  });

  it('that no file gives is as good as no file', async () => {
    const root = tree(['a.csv', 'b.csv']);
    const entry = entryOf({ paths: [root], entity: '{1}', entity_pattern: '(x)-' });
    await expect(names([entry])).rejects.toMatchObject({ code: 'no-files', facts: { count: 2 } });
    expect((await names([{ ...entry, if_no_files: 'warn' }])).names).toEqual([]);
  });

  it('may be given by several entries, if their keys are the same', async () => {
    const root = tree(['a.csv', 'x/a.csv']);
    const entries = [entryOf({ paths: [`${root}/a.csv`], entity: '{stem}' }), entryOf({ paths: [`${root}/x`], entity: 'a' })];
    expect((await names(entries)).names).toEqual(['a']);
    await expect(names([entries[0]!, { ...entries[1]!, keys: ['a'] }])).rejects.toThrow(/must have the same keys/);
  });
});
