import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import type { Connection } from 'pg';
import { describe, expect, it } from 'vitest';
import { CopyIn, type Copy } from '../../../../clients/postgres/copy-in.ts';

/** A connection whose server takes bytes when it is told to. */
class Wire {
  readonly queries: string[] = [];
  readonly #received: Buffer[] = [];
  #taken: (() => void) | undefined;
  readonly stream: Duplex;

  constructor(room: number) {
    const take = (chunks: readonly Buffer[], done: () => void): void => {
      this.#received.push(...chunks.map((chunk) => Buffer.from(chunk)));
      this.#taken = done;
    };
    this.stream = new Duplex({
      writableHighWaterMark: room,
      write: (chunk: Buffer, _, done) => take([chunk], done),
      writev: (chunks, done) =>
        take(
          chunks.map(({ chunk }) => chunk as Buffer),
          done,
        ),
      read() {},
    });
  }

  query(text: string): void {
    this.queries.push(text);
  }

  /** The server has taken what was written so far; gives false if there was nothing. */
  async takes(): Promise<boolean> {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
    await new Promise((resolve) => setImmediate(resolve));
    return taken !== undefined;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#received);
  }

  as(): Connection {
    return Object.assign(Object.create(null), { stream: this.stream, query: (text: string) => this.query(text) }) as Connection;
  }
}

/** Takes messages apart: the type's letter and the content. */
function messages(bytes: Buffer): [type: string, content: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 1);
    found.push([String.fromCharCode(bytes[at]!), bytes.toString('latin1', at + 5, at + 1 + length)]);
    at += 1 + length;
  }
  return found;
}

const copy = (statement: string, ...blocks: string[]): Copy => ({ statement, blocks: blocks.map((text) => Buffer.from(text)) });

describe('COPYs in one query', () => {
  it('get their rows when the server asks for them, and none before', async () => {
    const wire = new Wire(1);
    const given = new CopyIn([copy('COPY a', 'one', 'two'), copy('COPY b'), copy('COPY c', 'three')], () => undefined);
    given.submit(wire.as());
    expect(wire.queries).toEqual(['COPY a;\nCOPY b;\nCOPY c']);
    await wire.takes();
    expect(messages(wire.bytes)).toEqual([]);
    const expected: [string, string][][] = [[['d', 'one'], ['d', 'two'], ['c', '']], [['c', '']], [['d', 'three'], ['c', '']]]; // prettier-ignore
    for (const [i, rows] of [2, 0, 1].entries()) {
      const before = wire.bytes.length;
      given.handleCopyInResponse(wire.as());
      while (await wire.takes());
      expect(messages(wire.bytes.subarray(before))).toEqual(expected[i]);
      given.handleCommandComplete({ text: `COPY ${rows}` });
    }
    given.handleReadyForQuery();
    await given.done;
    expect(given.rowCounts).toEqual([2, 0, 1]);
  });

  it('send no more after a refusal, and end with it', async () => {
    const wire = new Wire(1);
    let progress = 0;
    const given = new CopyIn([copy('COPY a', 'one', 'two', 'three'), copy('COPY b', 'four')], () => void progress++);
    given.submit(wire.as());
    given.handleCopyInResponse(wire.as());
    await wire.takes();
    const refusal = new Error('no');
    const before = progress;
    const failed = expect(given.done).rejects.toBe(refusal);
    given.handleError(refusal);
    while (await wire.takes());
    await failed;
    const sent = messages(wire.bytes);
    expect(sent).toEqual([['d', 'one'], ['d', 'two']].slice(0, sent.length)); // prettier-ignore
    expect(progress).toBe(before);
  });

  it('arrive whole whatever room the connection has', async () => {
    const blocks = fc.array(fc.string({ minLength: 1, unit: 'grapheme-ascii', maxLength: 20 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(blocks, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 60 }), async (lists, room) => {
        const wire = new Wire(room);
        const given = new CopyIn(
          lists.map((list, i) => copy(`COPY ${i}`, ...list)),
          () => undefined,
        );
        given.submit(wire.as());
        for (const list of lists) {
          given.handleCopyInResponse(wire.as());
          while (await wire.takes());
          given.handleCommandComplete({ text: `COPY ${list.length}` });
        }
        given.handleReadyForQuery();
        await given.done;
        expect(messages(wire.bytes)).toEqual(lists.flatMap((list) => [...list.map((text) => ['d', text]), ['c', '']]));
        expect(given.rowCounts).toEqual(lists.map((list) => list.length));
        expect(wire.stream.listenerCount('drain')).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
