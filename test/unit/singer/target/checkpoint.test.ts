import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockPool, ByteBlocks } from '../../../../singer/target/blocks.ts';
import { Checkpoint, type OpenPart } from '../../../../singer/target/checkpoint.ts';
import type { Encoder, StreamHeader, Unit } from '../../../../singer/target/destination.ts';

const encoder: Encoder = { encode: () => undefined };
const header = (stream: string): StreamHeader => ({ stream, schema: {}, columns: [], keys: [], notesChanges: false });

describe('ByteBlocks', () => {
  test('a split at any mark loses and reorders nothing', () => {
    const texts = fc.array(
      fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.integer({ min: 1, max: 700_000 }).map((n) => 'x'.repeat(n)),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(texts, texts, texts, (before, between, after) => {
        const blocks = new ByteBlocks(new BlockPool());
        const add = (list: string[]): void => {
          for (const text of list) {
            blocks.appendText(text);
            blocks.rows++;
          }
        };
        add(before);
        const mark = blocks.mark();
        add(between);
        const first = blocks.splitAt(mark);
        expect([Buffer.concat(first.blocks).toString() === before.join(''), first.rows, first.bytes]).toEqual([
          true,
          before.length,
          Buffer.concat(first.blocks).length,
        ]);
        expect(blocks.rows).toBe(between.length);
        add(after);
        const rest = blocks.takeAll();
        expect(Buffer.concat(rest.blocks).toString() === [...between, ...after].join('')).toBe(true);
        expect([rest.rows, rest.bytes, blocks.size, blocks.rows]).toEqual([
          between.length + after.length,
          Buffer.concat(rest.blocks).length,
          0,
          0,
        ]);
      }),
      { numRuns: 60 },
    );
  });
});

type Step =
  | { do: 'row'; stream: string }
  | { do: 'schema'; stream: string }
  | { do: 'state' }
  | { do: 'covered' }
  | { do: 'all' };

describe('Checkpoint', () => {
  const stream = fc.constantFrom('a', 'b', 'c');
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('row' as const), stream }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('schema' as const), stream }) },
      { weight: 2, arbitrary: fc.constant({ do: 'state' as const }) },
      { weight: 2, arbitrary: fc.constant({ do: 'covered' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'all' as const }) },
    ),
    { maxLength: 60 },
  );

  test('a unit with a state holds exactly what came before it; nothing is lost, doubled or reordered', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const pool = new BlockPool();
        const checkpoint = new Checkpoint(pool);
        const open = new Map<string, OpenPart>();
        const sent = new Map<string, number[]>();
        const loaded = new Map<string, number[]>();
        let position = 0;
        let states = 0;
        const positionOfState = new Map<string, number>();
        const take = (unit: Unit | undefined): void => {
          if (unit === undefined) return;
          for (const part of unit.parts) {
            const rows = Buffer.concat(part.blocks).toString().split('\n').filter(Boolean).map(Number);
            expect(rows).toHaveLength(part.rows);
            loaded.set(part.header.stream, [...(loaded.get(part.header.stream) ?? []), ...rows]);
            pool.give(part.blocks);
          }
          if (unit.state !== undefined) {
            const at = positionOfState.get(unit.state)!;
            const loadedRows = [...loaded.values()].flat();
            const missing = [...sent.values()].flat().filter((row) => row < at && !loadedRows.includes(row));
            expect(missing).toEqual([]);
            return;
          }
        };
        for (const step of list) {
          if (step.do === 'schema' || (step.do === 'row' && !open.has(step.stream)))
            open.set(step.stream, checkpoint.open(header(step.stream), encoder));
          if (step.do === 'row') {
            const part = open.get(step.stream)!;
            checkpoint.touch(part, 0);
            part.blocks.appendText(`${position}\n`);
            part.blocks.rows++;
            sent.set(step.stream, [...(sent.get(step.stream) ?? []), position++]);
          } else if (step.do === 'state') {
            const name = String(++states);
            positionOfState.set(name, position);
            checkpoint.state(name, 0);
          } else if (step.do === 'covered') {
            const unit = checkpoint.takeCovered(false);
            if (unit !== undefined) expect(unit.state).toBe(String(states));
            take(unit);
            // Only rows before the state: exactly-once depends on it.
            if (unit !== undefined)
              expect(Math.max(-1, ...[...loaded.values()].flat())).toBeLessThan(positionOfState.get(unit.state!)!);
          } else if (step.do === 'all') {
            take(checkpoint.takeCovered(false));
            const waiting = [...checkpoint.uncovered().values()].reduce((a, b) => a + b, 0);
            const unit = checkpoint.takeAll(false);
            expect(unit.state).toBeUndefined();
            expect(unit.parts.reduce((a, part) => a + part.rows, 0)).toBe(waiting);
            take(unit);
          }
        }
        take(checkpoint.takeCovered(false));
        take(checkpoint.takeAll(true));
        expect(checkpoint.size()).toEqual({ rows: 0, bytes: 0 });
        for (const [name, rows] of sent) expect(loaded.get(name)).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  test('a stream without rows is announced once', () => {
    const checkpoint = new Checkpoint(new BlockPool());
    checkpoint.open(header('empty'), encoder);
    expect(checkpoint.takeAll(false).parts.map((part) => part.header.stream)).toEqual(['empty']);
    expect(checkpoint.takeAll(true).parts).toEqual([]);
  });

  test('a stream announced after a STATE waits for the next unit', () => {
    const checkpoint = new Checkpoint(new BlockPool());
    checkpoint.state('1', 0);
    checkpoint.open(header('late'), encoder);
    expect(checkpoint.takeCovered(false)).toEqual({ parts: [], state: '1', last: false, spent: [] });
    expect(checkpoint.takeAll(true).parts).toHaveLength(1);
  });
});
