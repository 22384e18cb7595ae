import { describe, expect, it } from 'vitest';
import type { Bookmarks } from '../../../../singer/tap/bookmarks.ts';
import { StateSender } from '../../../../singer/tap/state-sender.ts';

function sender(text: string, stateRecords: number): { sender: StateSender; written: string[] } {
  const written: string[] = [];
  let count = 0;
  return {
    written,
    sender: new StateSender({
      bookmarks: { text: () => `{"value":"${text}${count++}"}` } as Bookmarks,
      output: {
        write(line: string) {
          written.push(line);
          return undefined;
        },
      } as never,
      meter: { records: () => undefined, state: () => undefined, summary: () => undefined, close: () => undefined },
      settings: { activateVersions: false, stateRecords, stateSeconds: 3600, batch: undefined },
      signal: new AbortController().signal,
      silent: false,
    }),
  };
}

describe('a STATE', () => {
  it('is due after so many records', async () => {
    const { sender: states } = sender('short', 100);
    await states.send();
    expect(states.due(99, true)).toBe(false);
    expect(states.due(1, true)).toBe(true);
  });

  it('of great length is due that much more seldom, so that states do not outgrow the records', async () => {
    const { sender: states, written } = sender('x'.repeat(10 * 64 * 1024), 100);
    // The length is known once it was sent.
    expect(states.due(100, true)).toBe(true);
    await states.send();
    expect(states.due(999, true)).toBe(false);
    expect(states.due(10, true)).toBe(true);
    await states.send();
    expect(written).toHaveLength(2);
  });
});
