import { describe, expect, it } from 'vitest';
import { waitFor, withRetry } from '../../../singer/retry.ts';

const options = { retries: 2, signal: new AbortController().signal, again: () => Promise.resolve(true), onWait: () => undefined };

describe('retries', () => {
  it('wait longer each time, within bounds', () => {
    expect([1, 2, 3, 4, 5, 6, 20].map((n) => waitFor(n, 0))).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    expect(waitFor(20, 0.999)).toBeLessThanOrEqual(10_000);
  });

  it('stop at success', async () => {
    let attempts = 0;
    const result = await withRetry(async () => {
      attempts++;
      if (attempts < 2) throw new Error('passing');
      return 'done';
    }, options);
    expect({ result, attempts }).toEqual({ result: 'done', attempts: 2 });
  });

  it('throw at once what cannot pass, and the last error when the attempts are used up', async () => {
    let attempts = 0;
    const failing = async (): Promise<never> => {
      attempts++;
      throw new Error(`failure ${attempts}`);
    };
    await expect(withRetry(failing, { ...options, again: () => Promise.resolve(false) })).rejects.toThrow('failure 1');
    const waits: number[] = [];
    await expect(withRetry(failing, { ...options, retries: 1, onWait: (_, attempt) => waits.push(attempt) })).rejects.toThrow(
      'failure 3',
    );
    expect(waits).toEqual([1]);
  });

  it('end with the reason of an abort', async () => {
    const abort = new AbortController();
    const failing = (): Promise<never> => Promise.reject(new Error('passing'));
    const run = withRetry(failing, { ...options, signal: abort.signal, onWait: () => abort.abort(new Error('stopped')) });
    await expect(run).rejects.toThrow('stopped');
  });
});
