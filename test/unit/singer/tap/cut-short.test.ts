import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interrupted, SystemError } from '../../../../singer/errors.ts';
import type { Stream } from '../../../../singer/tap/source.ts';
import { keepingOutput, memoryStream, type Message, sync } from '../../../support/memory-tap.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const ROWS = 30;
const root = temporaryFolder();

/** Yields ids from where the bookmark says, so many in a batch; `at` hears of each batch before it is given. */
function numbers(size: number, at: (batch: number) => void): Stream {
  return memoryStream({ id: 'a' }, async function* ({ bookmark }) {
    const start = Number(bookmark?.['n'] ?? 0);
    for (let from = start, batch = 0; from < ROWS; from += size, batch++) {
      at(batch);
      const to = Math.min(ROWS, from + size);
      const ids = Array.from({ length: to - from }, (_, index) => ({ id: from + index, name: null }));
      yield { rows: ids, bookmark: { n: to } };
    }
  });
}

/** The ids of messages up to the last STATE, and its value: what a target that commits at STATEs has then. */
function committed(messages: readonly Message[]): { ids: number[]; state: unknown } {
  const end = messages.findLastIndex(({ type }) => type === 'STATE');
  const ids = messages.slice(0, end).flatMap((message) => {
    if (message.type === 'RECORD') return [Number(message.record!['id'])];
    if (message.type !== 'BATCH') return [];
    const [url] = (message as Message & { manifest: string[] }).manifest;
    const lines = readFileSync(fileURLToPath(url!), 'utf8').trimEnd().split('\n');
    return lines.map((line) => (JSON.parse(line) as { id: number }).id);
  });
  return { ids, state: messages[end]?.value };
}

describe('a run that is cut short', () => {
  it.each(['records', 'batch files'])('by a signal or a failure, and the one after it, send every row once: %s', async (kind) => {
    const cuts = fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      batchSize: fc.integer({ min: 1, max: 9 }),
      stateEach: fc.constantFrom(1, 7, 1000),
      at: fc.integer({ min: 0, max: 20 }),
      how: fc.constantFrom('signal in a write', 'signal in a read', 'failure of the source'),
    });
    await fc.assert(
      fc.asyncProperty(cuts, async ({ size, batchSize, stateEach, at, how }) => {
        const batch_config = { storage: { root }, batch_size: batchSize };
        const config = { state_interval_records: stateEach, ...(kind === 'records' ? {} : { batch_config }) };
        const abort = new AbortController();
        const stop = (): void => abort.abort(new Interrupted('SIGTERM'));
        let writes = 0;
        const output = keepingOutput(() => {
          if (how === 'signal in a write' && writes++ === at) stop();
          return undefined;
        });
        const stream = numbers(size, (batch) => {
          if (batch !== at || how === 'signal in a write') return;
          if (how === 'signal in a read') stop();
          else throw new SystemError('gone', { code: 'gone' });
        });
        const first = committed((await sync([stream], { config, output, signal: abort.signal })).messages);
        const second = await sync([numbers(size, () => undefined)], { config, state: first.state });
        expect(second.error).toBeUndefined();
        expect([...first.ids, ...committed(second.messages).ids]).toEqual(Array.from({ length: ROWS }, (_, id) => id));
      }),
      { numRuns: 150 },
    );
  });
});
